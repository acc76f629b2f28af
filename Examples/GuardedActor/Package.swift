// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "GuardedActor",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sage", path: "../..", traits: [])],
    targets: [
        .executableTarget(name: "GuardedActor", dependencies: [.product(name: "SageResilience", package: "sage")])
    ],
    swiftLanguageModes: [.v6]
)
