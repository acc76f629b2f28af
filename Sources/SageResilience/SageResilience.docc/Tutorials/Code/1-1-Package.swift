// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "ask",
    platforms: [.macOS(.v15)],
    targets: [
        .executableTarget(name: "Ask")
    ]
)
