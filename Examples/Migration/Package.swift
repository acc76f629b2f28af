// swift-tools-version: 6.3

import PackageDescription

// What the migration notes show, compiled and run, so that it stays true.
let package = Package(
    name: "Migration",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sage", path: "../..", traits: ["Macros"])],
    targets: [
        .executableTarget(
            name: "Migration",
            dependencies: [
                .product(name: "SageMacros", package: "sage"),
                .product(name: "SageResilience", package: "sage"),
                .product(name: "SageTesting", package: "sage"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
