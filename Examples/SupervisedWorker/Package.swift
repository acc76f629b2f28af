// swift-tools-version: 6.3

import PackageDescription

// The settings and the services; neither the gateway nor the macros.
let package = Package(
    name: "SupervisedWorker",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sage", path: "../..", traits: ["Configuration", "ServiceLifecycle"]),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "SupervisedWorker",
            dependencies: [
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SageConfiguration", package: "sage"),
                .product(name: "SageResilience", package: "sage"),
                .product(name: "SageServiceLifecycle", package: "sage"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
