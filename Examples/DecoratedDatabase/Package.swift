// swift-tools-version: 6.3

import PackageDescription

// On Debian GRDB needs the package libsqlite3-dev.
let package = Package(
    name: "DecoratedDatabase",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sage", path: "../..", traits: ["Macros"]),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .executableTarget(
            name: "DecoratedDatabase",
            dependencies: [
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "SageMacros", package: "sage"),
                .product(name: "SageResilience", package: "sage"),
                // For the clock by which this example lets a minute pass; a program of yours does not need it.
                .product(name: "SageTesting", package: "sage"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
