import Testing

/// What an expansion says; that the compiler accepts it is shown by the tests of SageMacros.
struct ExpansionTests {
    @Test func oneDecoratorIsOneCall() {
        expectExpansion(
            """
            struct Store {
                @Retry(maxAttempts: 3)
                func save(_ turn: Turn) async throws {
                    try await write(turn)
                }
            }
            """,
            """
            struct Store {
                func save(_ turn: Turn) async throws {
                return try await SageResilience.Decorated.execute(.init("Store.save(_:)", in: "App/Store.swift:3:10", hash: 0xd4f5979ea4a6d673), {
                try SageResilience.Decorator.stack(.retry(maxAttempts: 3))
                }, operation: { () async throws -> Void in
                        try await write(turn)
                })
                }
            }
            """)
    }

    @Test func theLastAttributeComposesAllInSourceOrder() {
        expectExpansion(
            of: "Bulkhead",
            """
            extension Store {
                @CircuitBreaker("database", failureThreshold: 3)
                @available(*, deprecated)
                @SageMacros.Timeout(.seconds(2))
                @Bulkhead("database", limit: 4)
                func load(key: Key, _ depth: Int) async throws -> [Row] { try await rows(key) }
            }
            """,
            """
            extension Store {
                @CircuitBreaker("database", failureThreshold: 3)
                @available(*, deprecated)
                @SageMacros.Timeout(.seconds(2))
                func load(key: Key, _ depth: Int) async throws -> [Row] {
                return try await SageResilience.Decorated.executeInChildTask(.init("Store.load(key:_:)", in: "App/Store.swift:6:10", hash: 0x73662b867af4cf32), {
                try SageResilience.Decorator.stack(.circuitBreaker("database", failureThreshold: 3), .timeout(.seconds(2)), .bulkhead("database", limit: 4))
                }, operation: { () async throws -> [Row] in
                try await rows(key)
                })
                }
            }
            """)
    }

    @Test func aFallbackBeginsACallOfItsOwn() {
        expectExpansion(
            of: "Retry",
            """
            @Timeout(.seconds(9))
            @Fallback(to: Index.cached(_:upTo:), kinds: [.general])
            @Resilient(Pipelines.search)
            @Retry
            func search(_ query: String, limit count: Int) async throws(SearchError) -> some Sequence<Hit> {
                hits
            }
            """,
            """
            @Timeout(.seconds(9))
            @Fallback(to: Index.cached(_:upTo:), kinds: [.general])
            @Resilient(Pipelines.search)
            func search(_ query: String, limit count: Int) async throws(SearchError) -> some Sequence<Hit> {
            return try await SageResilience.Decorated.throwing((SearchError).self) {
            try await SageResilience.Decorated.executeInChildTask(.init("search(_:limit:)", in: "App/Store.swift:5:6", hash: 0x9f54f40ddc1674ce), {
            try SageResilience.Decorator.stack(.timeout(.seconds(9)))
            }, operation: {
            try await SageResilience.Decorated.execute(.init("search(_:limit:)", in: "App/Store.swift:5:6#1", hash: 0x127c558d13208db2), {
            try SageResilience.Decorator.stack(.fallback(kinds: [.general]))
            }, operation: {
            try await SageResilience.Decorated.execute(through: Pipelines.search, operation: {
            try await SageResilience.Decorated.execute(.init("search(_:limit:)", in: "App/Store.swift:5:6#3", hash: 0x127c538d13208a4c), {
            try SageResilience.Decorator.stack(.retry())
            }, operation: {
            try await SageResilience.Decorated.body {
                hits
            }
            })
            })
            }, fallback: { _ in
            try await SageResilience.Decorated.result(Index.cached(query, upTo: count))
            })
            })
            }
            }
            """)
    }

    @Test func aRetryAloneWhoseArgumentsMayBeWrongCanThrowRefusals() {
        expectExpansion(
            """
            @Retry(jitter: .mine)
            func ask() async throws(ModelError) -> String { "yes" }
            """,
            """
            func ask() async throws(ModelError) -> String {
            return try await SageResilience.Decorated.throwing((ModelError).self) { () async throws -> String in
            try await SageResilience.Decorated.execute(.init("ask()", in: "App/Store.swift:2:6", hash: 0xba60e10debb4c3b3), {
            try SageResilience.Decorator.stack(.retry(jitter: .mine))
            }, operation: { () async throws -> String in
            try await SageResilience.Decorated.body { () async throws(ModelError) -> String in
            "yes"
            }
            })
            }
            }
            """)
    }

    @Test func aRetryAloneOfAnyErrorType() {
        expectExpansion(
            """
            @Retry(.llm)
            func ask() async throws(ModelError) -> String { "yes" }
            """,
            """
            func ask() async throws(ModelError) -> String {
            return try await SageResilience.Decorated.retry(.init("ask()", in: "App/Store.swift:2:6", hash: 0xba60e10debb4c3b3), {
            try SageResilience.Decorator.stack(.retry(.llm))
            }, operation: { () async throws(ModelError) -> String in
            "yes"
            })
            }
            """)
    }

    @Test(
        arguments: [
            (".llm", true), ("Presets.llm", true), (".llm.with(classifier: .init { judge($0) })", true),
            (".init(maxAttempts: 0)", false), ("RetryConfiguration(maxAttempts: 0)", false),
            ("Sage.RetryConfiguration(maxAttempts: n).with(x)", false), ("try configuration()", false),
        ]) func aConfigurationThatIsMadeMayBeWrong(configuration: String, isValid: Bool)
    {
        let expanded = expanded("@Retry(\(configuration)) func ask() async throws(ModelError) {}")
        #expect(expanded.contains("SageResilience.Decorated.retry(") == isValid)
        #expect(expanded.contains("SageResilience.Decorated.throwing(") != isValid)
    }
}
