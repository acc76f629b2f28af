// swift-tools-version: 6.3

import PackageDescription

// Only the traits of what is used here: neither the LLM clients nor the gateway nor the macros are resolved.
let package = Package(
    name: "HealthAndMetricsServer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sage", path: "../..", traits: ["Hummingbird", "ServiceLifecycle", "Telemetry"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "HealthAndMetricsServer",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "SagePrometheus", package: "sage"),
                .product(name: "SageResilience", package: "sage"),
                .product(name: "SageTelemetry", package: "sage"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
