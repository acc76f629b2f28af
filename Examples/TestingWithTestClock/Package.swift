// swift-tools-version: 6.3

import PackageDescription

let package = Package(
    name: "TestingWithTestClock",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sage", path: "../..", traits: [])],
    targets: [
        .target(name: "WeatherClient", dependencies: [.product(name: "SageResilience", package: "sage")]),
        .testTarget(
            name: "WeatherClientTests",
            dependencies: [
                "WeatherClient",
                .product(name: "SageResilience", package: "sage"),
                .product(name: "SageTesting", package: "sage"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
