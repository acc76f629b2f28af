// swift-tools-version: 6.2

import PackageDescription

let sage = Target.Dependency.product(name: "SageResilience", package: "sage")

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "sage", path: "..", traits: []),
        .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
    ],
    targets: [
        // Stands in front of the C library's allocator and counts.
        .target(name: "CountingMalloc"),
        // What is measured, for both programs below.
        .target(name: "EngineCases", dependencies: [sage]),
        // One table: each case over the bare call of the same round, allocations, two threads, the target.
        .executableTarget(name: "EngineReport", dependencies: ["CountingMalloc", "EngineCases"]),
        // The same cases as benchmarks, for percentiles and for comparisons between versions.
        .executableTarget(
            name: "EngineBenchmarks",
            dependencies: [.product(name: "Benchmark", package: "benchmark"), "EngineCases"],
            path: "Benchmarks/EngineBenchmarks",
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// As in the package itself, so that what is measured runs where its caller does.
for target in package.targets where target.name != "CountingMalloc" {
    target.swiftSettings = [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
}
