// swift-tools-version: 6.3

import PackageDescription

// Three traits: the guarded client, the guarded server and the log; neither macros nor the gateway.
let package = Package(
    name: "GuardedHTTPCall",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sage", path: "../..", traits: ["AsyncHTTPClient", "Hummingbird", "Telemetry"]),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    ],
    targets: [
        .executableTarget(
            name: "GuardedHTTPCall",
            dependencies: [
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "SageAsyncHTTPClient", package: "sage"),
                .product(name: "SageHummingbird", package: "sage"),
                .product(name: "SageResilience", package: "sage"),
                .product(name: "SageTelemetry", package: "sage"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
