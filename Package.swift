// swift-tools-version: 6.3

import CompilerPluginSupport
import PackageDescription

// Every external product is guarded by a trait, so that a package resolves only what its traits ask for, and nothing
// at all when it writes `traits: []` and takes the engine alone.
func product(_ name: String, _ package: String, for trait: String) -> Target.Dependency {
    .product(name: name, package: package, condition: .when(traits: [trait]))
}
func gateway(_ name: String, _ package: String) -> Target.Dependency { product(name, package, for: "Gateway") }

let argumentParser = gateway("ArgumentParser", "swift-argument-parser")
let asyncHTTPClient = gateway("AsyncHTTPClient", "async-http-client")
let coreMetrics = gateway("CoreMetrics", "swift-metrics")
let httpTypes = gateway("HTTPTypes", "swift-http-types")
let hummingbird = gateway("Hummingbird", "hummingbird")
let hummingbirdCore = gateway("HummingbirdCore", "hummingbird")
let logging = gateway("Logging", "swift-log")
let nioCore = gateway("NIOCore", "swift-nio")
let nioEmbedded = gateway("NIOEmbedded", "swift-nio")
let nioHTTP1 = gateway("NIOHTTP1", "swift-nio")
let nioHTTPTypes = gateway("NIOHTTPTypes", "swift-nio-extras")
let nioPosix = gateway("NIOPosix", "swift-nio")
let nioSSL = gateway("NIOSSL", "swift-nio-ssl")
let nioTLS = gateway("NIOTLS", "swift-nio")
let serviceLifecycle = gateway("ServiceLifecycle", "swift-service-lifecycle")
let tracing = gateway("Tracing", "swift-distributed-tracing")
let unixSignals = gateway("UnixSignals", "swift-service-lifecycle")
let yams = gateway("Yams", "Yams")

let package = Package(
    name: "sage",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SageResilience", targets: ["SageResilience"]),
        .library(name: "SageTesting", targets: ["SageTesting"]),
        .library(name: "SageMacros", targets: ["SageMacros"]),
        .library(name: "SageTelemetry", targets: ["SageTelemetry"]),
        .library(name: "SagePrometheus", targets: ["SagePrometheus"]),
        .library(name: "SageOTLP", targets: ["SageOTLP"]),
        .library(name: "SageServiceLifecycle", targets: ["SageServiceLifecycle"]),
        .library(name: "SageConfiguration", targets: ["SageConfiguration"]),
        .library(name: "SageAsyncHTTPClient", targets: ["SageAsyncHTTPClient"]),
        .library(name: "SageHummingbird", targets: ["SageHummingbird"]),
        .library(name: "SageLLM", targets: ["SageLLM"]),
        .library(name: "SageStorage", targets: ["SageStorage"]),
        .library(name: "SageSessions", targets: ["SageSessions"]),
        .library(name: "SageMemory", targets: ["SageMemory"]),
        .library(name: "SageMock", targets: ["SageMock"]),
        .executable(name: "sage", targets: ["SageCLI"]),
    ],
    traits: [
        .trait(name: "Macros", description: "The decorators: @Retry, @CircuitBreaker and the others."),
        .trait(name: "Telemetry", description: "Events as logs, metrics and spans; the Prometheus text format."),
        .trait(name: "ServiceLifecycle", description: "Supervisors and draining as services."),
        .trait(name: "Configuration", description: "Configurations read by swift-configuration."),
        .trait(name: "AsyncHTTPClient", description: "A guarded AsyncHTTPClient."),
        .trait(name: "Hummingbird", description: "Limits and load shedding for a Hummingbird server."),
        .trait(name: "Storage", description: "Guarded SQLite, PostgreSQL and Redis; conversations and memory."),
        .trait(
            name: "Gateway",
            description: "The LLM clients, the gateway server, the misbehaving provider and the `sage` command.",
            enabledTraits: ["Storage", "Telemetry"]
        ),
        .default(
            enabledTraits: [
                "AsyncHTTPClient", "Configuration", "Gateway", "Hummingbird", "Macros", "ServiceLifecycle", "Storage",
                "Telemetry",
            ]
        ),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-syntax", from: "603.0.0"),
    ],
    targets: [
        .target(name: "SageResilience", swiftSettings: [.strictMemorySafety()]),
        .target(name: "SageTesting", dependencies: ["SageResilience"]),
        // A test that depends on a macro makes the executables of its package impossible to import: so what expands the
        // macros is a library, and the plug-in only registers it.
        .target(
            name: "SageMacroExpansion",
            dependencies: [
                product("SwiftDiagnostics", "swift-syntax", for: "Macros"),
                product("SwiftParser", "swift-syntax", for: "Macros"),
                product("SwiftSyntax", "swift-syntax", for: "Macros"),
                product("SwiftSyntaxBuilder", "swift-syntax", for: "Macros"),
                product("SwiftSyntaxMacros", "swift-syntax", for: "Macros"),
            ]
        ),
        .macro(
            name: "SageMacrosPlugin",
            dependencies: [
                "SageMacroExpansion",
                product("SwiftCompilerPlugin", "swift-syntax", for: "Macros"),
                product("SwiftSyntax", "swift-syntax", for: "Macros"),
                product("SwiftSyntaxMacros", "swift-syntax", for: "Macros"),
            ]
        ),
        .target(name: "SageMacros", dependencies: ["SageMacrosPlugin", "SageResilience"]),
        .target(
            name: "SageTelemetry",
            dependencies: [
                "SageResilience",
                product("Logging", "swift-log", for: "Telemetry"),
                product("Metrics", "swift-metrics", for: "Telemetry"),
                product("Tracing", "swift-distributed-tracing", for: "Telemetry"),
            ]
        ),
        .target(
            name: "SagePrometheus",
            dependencies: [product("CoreMetrics", "swift-metrics", for: "Telemetry")]
        ),
        .target(
            name: "SageOTLP",
            dependencies: [
                "SageResilience",
                product("Logging", "swift-log", for: "Telemetry"),
                product("Metrics", "swift-metrics", for: "Telemetry"),
                product("Tracing", "swift-distributed-tracing", for: "Telemetry"),
            ]
        ),
        .target(
            name: "SageServiceLifecycle",
            dependencies: [
                "SageResilience", product("ServiceLifecycle", "swift-service-lifecycle", for: "ServiceLifecycle"),
            ]
        ),
        .target(
            name: "SageConfiguration",
            dependencies: ["SageResilience", product("Configuration", "swift-configuration", for: "Configuration")]
        ),
        .target(
            name: "SageAsyncHTTPClient",
            dependencies: [
                "SageResilience",
                product("AsyncHTTPClient", "async-http-client", for: "AsyncHTTPClient"),
                product("NIOCore", "swift-nio", for: "AsyncHTTPClient"),
                product("NIOHTTP1", "swift-nio", for: "AsyncHTTPClient"),
                product("NIOPosix", "swift-nio", for: "AsyncHTTPClient"),
                product("NIOSSL", "swift-nio-ssl", for: "AsyncHTTPClient"),
                product("Logging", "swift-log", for: "AsyncHTTPClient"),
            ]
        ),
        .target(
            name: "SageHummingbird",
            dependencies: [
                "SageResilience",
                product("Hummingbird", "hummingbird", for: "Hummingbird"),
                product("HTTPTypes", "swift-http-types", for: "Hummingbird"),
                product("NIOCore", "swift-nio", for: "Hummingbird"),
            ]
        ),
        .target(
            name: "SageLLM",
            dependencies: ["SageResilience", httpTypes, nioCore, nioPosix, nioSSL, nioTLS]
        ),
        // The reference clients of PostgreSQL and Redis, from the system.
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        // TLS for Redis: Debian's libhiredis has none. libpq-dev brings it along.
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .target(
            name: "SageStorage",
            dependencies: [
                "CHiredis", "COpenSSL", "CPostgreSQL", "SageResilience",
                product("GRDB", "GRDB.swift", for: "Storage"),
                product("GRDBSQLite", "GRDB.swift", for: "Storage"),
            ]
        ),
        .target(name: "SageSessions", dependencies: ["SageResilience", "SageStorage"]),
        .target(name: "SageMemory", dependencies: ["SageResilience", "SageStorage"]),
        .target(name: "SageMock", dependencies: ["SageLLM", "SageTesting", nioCore, nioHTTP1, nioPosix, yams]),
        .target(
            name: "SageGateway",
            dependencies: [
                "SageLLM", "SageMemory", "SageOTLP", "SagePrometheus", "SageResilience", "SageSessions", "SageStorage",
                "SageTelemetry", asyncHTTPClient, coreMetrics, httpTypes, hummingbird, hummingbirdCore, logging,
                nioCore, nioHTTP1, nioHTTPTypes, nioPosix,
                serviceLifecycle, tracing, unixSignals, yams,
            ]
        ),
        .executableTarget(
            name: "SageCLI",
            dependencies: [
                "SageGateway", "SageLLM", "SageMemory", "SageMock", "SageResilience", "SageSessions", "SageStorage",
                "SageTesting", argumentParser, asyncHTTPClient, httpTypes, logging, nioCore, unixSignals,
            ]
        ),
        // A provider in memory, for the tests of what calls providers.
        .target(
            name: "TestSupport", dependencies: ["SageLLM", httpTypes, nioCore, nioPosix], path: "Tests/TestSupport"),
        .testTarget(name: "SageResilienceTests", dependencies: ["SageResilience", "SageTesting"]),
        .testTarget(name: "SageTestingTests", dependencies: ["SageResilience", "SageTesting"]),
        .testTarget(
            name: "SageMacroExpansionTests",
            dependencies: [
                "SageMacroExpansion",
                product("SwiftDiagnostics", "swift-syntax", for: "Macros"),
                product("SwiftParser", "swift-syntax", for: "Macros"),
                product("SwiftSyntax", "swift-syntax", for: "Macros"),
                product("SwiftSyntaxMacroExpansion", "swift-syntax", for: "Macros"),
                product("SwiftSyntaxMacros", "swift-syntax", for: "Macros"),
                product("SwiftSyntaxMacrosGenericTestSupport", "swift-syntax", for: "Macros"),
            ]
        ),
        .testTarget(name: "SageMacrosTests", dependencies: ["SageMacros", "SageResilience", "SageTesting"]),
        .testTarget(
            name: "SageTelemetryTests",
            dependencies: [
                "SageResilience", "SageTelemetry", "SageTesting",
                product("InMemoryTracing", "swift-distributed-tracing", for: "Telemetry"),
                product("Logging", "swift-log", for: "Telemetry"),
                product("MetricsTestKit", "swift-metrics", for: "Telemetry"),
                product("Tracing", "swift-distributed-tracing", for: "Telemetry"),
            ]
        ),
        .testTarget(
            name: "SagePrometheusTests",
            dependencies: ["SagePrometheus", product("Metrics", "swift-metrics", for: "Telemetry")]
        ),
        .testTarget(
            name: "SageOTLPTests",
            dependencies: [
                "SageOTLP", "SageResilience", "SageTesting",
                product("Logging", "swift-log", for: "Telemetry"),
                product("MetricsTestKit", "swift-metrics", for: "Telemetry"),
                product("Tracing", "swift-distributed-tracing", for: "Telemetry"),
            ]
        ),
        .testTarget(
            name: "SageServiceLifecycleTests",
            dependencies: [
                "SageResilience", "SageServiceLifecycle", "SageTesting",
                product("ServiceLifecycle", "swift-service-lifecycle", for: "ServiceLifecycle"),
                product("ServiceLifecycleTestKit", "swift-service-lifecycle", for: "ServiceLifecycle"),
            ]
        ),
        .testTarget(
            name: "SageConfigurationTests",
            dependencies: [
                "SageConfiguration", "SageResilience",
                product("Configuration", "swift-configuration", for: "Configuration"),
            ]
        ),
        .testTarget(
            name: "SageAsyncHTTPClientTests",
            dependencies: [
                "SageAsyncHTTPClient", "SageResilience", "SageTesting",
                product("AsyncHTTPClient", "async-http-client", for: "AsyncHTTPClient"),
                product("NIOCore", "swift-nio", for: "AsyncHTTPClient"),
                product("NIOHTTP1", "swift-nio", for: "AsyncHTTPClient"),
                product("NIOPosix", "swift-nio", for: "AsyncHTTPClient"),
                product("NIOSSL", "swift-nio-ssl", for: "AsyncHTTPClient"),
            ]
        ),
        .testTarget(
            name: "SageHummingbirdTests",
            dependencies: [
                "SageHummingbird", "SageResilience", "SageTesting",
                product("Hummingbird", "hummingbird", for: "Hummingbird"),
                product("HummingbirdTesting", "hummingbird", for: "Hummingbird"),
                product("HTTPTypes", "swift-http-types", for: "Hummingbird"),
                product("NIOCore", "swift-nio", for: "Hummingbird"),
                product("NIOPosix", "swift-nio", for: "Hummingbird"),
            ]
        ),
        .testTarget(
            name: "SageLLMTests",
            dependencies: [
                "SageLLM", "SageResilience", "SageTesting", "TestSupport", httpTypes, nioCore, nioEmbedded, nioPosix,
                nioSSL,
            ]
        ),
        // Databases that are empty and go with the test.
        .target(name: "StorageTestSupport", dependencies: ["SageStorage"], path: "Tests/StorageTestSupport"),
        .testTarget(
            name: "SageStorageTests",
            dependencies: ["SageResilience", "SageStorage", "SageTesting", "StorageTestSupport"]),
        .testTarget(
            name: "SageSessionsTests",
            dependencies: ["SageResilience", "SageSessions", "SageStorage", "SageTesting", "StorageTestSupport"]),
        // Writes to stores until it is killed, and checks what is left; run by the integration tests.
        .executableTarget(
            name: "sage-crash-writer",
            dependencies: ["SageMemory", "SageResilience", "SageSessions", "SageStorage", "SageTesting"],
            path: "Tests/CrashWriter"),
        .testTarget(
            name: "SageMemoryTests",
            dependencies: ["SageMemory", "SageResilience", "SageStorage", "SageTesting", "StorageTestSupport"]),
        .testTarget(name: "SageMockTests", dependencies: ["SageLLM", "SageMock", nioCore, nioPosix]),
        .testTarget(
            name: "SageGatewayTests",
            dependencies: [
                "SageGateway", "SageLLM", "SageMemory", "SageOTLP", "SagePrometheus", "SageResilience", "SageSessions",
                "SageStorage", "SageTelemetry", "SageTesting", "TestSupport", httpTypes, hummingbird, logging, nioCore,
                nioEmbedded, nioHTTP1, nioHTTPTypes, nioPosix,
                tracing,
            ]
        ),
        .testTarget(
            name: "SageCLITests",
            dependencies: [
                "SageCLI", "SageGateway", "SageLLM", "SageResilience", argumentParser, httpTypes, nioCore, nioPosix,
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// Upcoming language features, on for every target from the first commit.
let upcomingFeatures = [
    "ExistentialAny",  // SE-0335
    "InternalImportsByDefault",  // SE-0409
    "MemberImportVisibility",  // SE-0444
    "InferIsolatedConformances",  // SE-0470
    "NonisolatedNonsendingByDefault",  // SE-0461
    "ImmutableWeakCaptures",  // SE-0481
]
for target in package.targets where target.type != .system {
    target.swiftSettings = (target.swiftSettings ?? []) + upcomingFeatures.map { .enableUpcomingFeature($0) }
}

// What the scripts of this repository ask for by environment variables; none of it reaches a package that depends on
// this one.
let environment = Context.environment

// A warning is an error.
if environment["SAGE_STRICT"] != nil {
    for target in package.targets where target.type != .system {
        target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    }
}

// The plug-in that renders the documentation.
if environment["SAGE_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}

// A part with its tests alone: a sanitizer run neither fetches nor instruments what only the gateway needs.
if let part = environment["SAGE_PART"] {
    let engine = ["SageResilience", "SageTesting", "SageResilienceTests", "SageTestingTests"]
    let storage = [
        "CHiredis", "COpenSSL", "CPostgreSQL", "SageStorage", "SageSessions", "SageMemory", "SageStorageTests",
        "SageSessionsTests", "SageMemoryTests", "StorageTestSupport", "sage-crash-writer",
    ]
    let kept: [String]
    switch part {
    case "engine": kept = engine
    case "storage": kept = ["SageResilience", "SageTesting"] + storage
    default: fatalError("SAGE_PART is '\(part)'; allowed are engine and storage")
    }
    package.products.removeAll { !kept.contains($0.name) }
    package.targets.removeAll { !kept.contains($0.name) }
    let packages = part == "storage" ? ["https://github.com/groue/GRDB.swift"] : []
    package.dependencies.removeAll { dependency in
        guard case .sourceControl(_, let location, _) = dependency.kind else { return true }
        return !packages.contains(location)
    }
}
