// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "storage-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "sage", path: "../..", traits: ["Storage"])],
    targets: [
        // What the stores are compared with: the clients of the databases, called as their manuals say.
        .systemLibrary(
            name: "CClients", pkgConfig: "libpq",
            providers: [.apt(["libhiredis-dev", "libpq-dev", "libsqlite3-dev"])]),
        .executableTarget(
            name: "StorageBench",
            dependencies: [
                "CClients", .product(name: "SageSessions", package: "sage"),
                .product(name: "SageStorage", package: "sage"),
            ]),
        .executableTarget(
            name: "MemoryBench",
            dependencies: [
                .product(name: "SageMemory", package: "sage"), .product(name: "SageStorage", package: "sage"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)

// As in the package itself, so that what is measured runs where its caller does.
for target in package.targets where target.type != .system {
    target.swiftSettings = [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
}
