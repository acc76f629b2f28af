// swift-tools-version: 6.3

import PackageDescription

// `traits: []` leaves out everything but the engine, so that no other package is resolved.
let package = Package(
    name: "EngineOnly",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sage", path: "../..", traits: [])],
    targets: [
        .executableTarget(name: "EngineOnly", dependencies: [.product(name: "SageResilience", package: "sage")])
    ],
    swiftLanguageModes: [.v6]
)
