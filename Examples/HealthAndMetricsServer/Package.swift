// swift-tools-version: 6.3

import PackageDescription

// Only the traits of what is used here: neither the gateway nor the macros are resolved.
let package = Package(
    name: "HealthAndMetricsServer",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sage", path: "../..", traits: ["AsyncHTTPClient", "Hummingbird", "Telemetry"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "HealthAndMetricsServer",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "SageAsyncHTTPClient", package: "sage"),
                .product(name: "SageHummingbird", package: "sage"),
                .product(name: "SagePrometheus", package: "sage"),
                .product(name: "SageResilience", package: "sage"),
                .product(name: "SageTelemetry", package: "sage"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
