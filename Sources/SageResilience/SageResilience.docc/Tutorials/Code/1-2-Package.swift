// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "ask",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://example.com/sage.git", from: "0.1.0", traits: [])
    ],
    targets: [
        .executableTarget(name: "Ask", dependencies: [.product(name: "SageResilience", package: "sage")])
    ]
)
