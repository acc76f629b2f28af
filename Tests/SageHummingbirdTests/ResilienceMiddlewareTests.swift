import HTTPTypes
import Hummingbird
import HummingbirdTesting
import SageHummingbird
import SageResilience
import SageTesting
import Testing

/// The middleware in a router.
@Suite(.timeLimit(.minutes(1)))
struct ResilienceMiddlewareTests {
    typealias Middleware = ResilienceMiddleware<BasicRequestContext>

    private let bulkhead: Bulkhead
    private let breaker = CircuitBreaker("server", .network)
    private let guarding: ResiliencePipeline

    init() throws {
        rateLimit = try #require(HTTPField.Name("RateLimit"))
        let bulkhead = Bulkhead("server", try BulkheadConfiguration(limit: 1, maxWait: .zero))
        self.bulkhead = bulkhead
        guarding = ResiliencePipeline("server") { [breaker] in
            breaker
            bulkhead
        }
    }

    private var seen: [Int] {
        let calls = breaker.snapshot()
        return [bulkhead.snapshot().inFlight, calls.calls, calls.failures]
    }

    private func serve(
        _ middleware: Middleware, _ handler: @escaping @Sendable (Request) async throws -> Response,
        _ test: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let router = Router()
        router.add(middleware: middleware)
        for path in ["/", "/health"] as [RouterPath] {
            router.get(path) { request, _ in try await handler(request) }
            router.head(path) { request, _ in try await handler(request) }
            router.post(path) { request, _ in try await handler(request) }
        }
        try await Application(router: router).test(.router, test)
    }

    private func get(
        _ client: any TestClientProtocol, _ path: String = "/", _ headers: HTTPFields = [:]
    ) async throws -> TestResponse {
        try await client.execute(uri: path, method: .get, headers: headers) { $0 }
    }

    private static let ok: @Sendable (Request) async throws -> Response = { _ in Response(status: .ok) }

    // MARK: Refusals

    private let rateLimit: HTTPField.Name

    @Test("each client has its own limit", arguments: [true, false])
    func clients(isSecret: Bool) async throws {
        let configuration = try RateLimiterConfiguration(.slidingWindow(limit: 2, per: .seconds(60)))
        let limiters = try KeyedRateLimiter("clients", configuration, clock: TestClock())
        let clients = ClientLimits<BasicRequestContext>(limiters) { request, _ in
            guard let key = request.headers[.authorization] else { return nil }
            return isSecret ? ClientKey.secret(key) : ClientKey.name(key)
        }
        try await serve(Middleware(guarding, clients: clients), Self.ok) { client in
            for left in ["r=1", "r=0;t=60"] {
                let response = try await get(client, "/", [.authorization: "alice"])
                #expect(response.status == .ok)
                #expect(response.headers[rateLimit] == "\"client\";\(left)")
            }
            let refused = try await get(client, "/", [.authorization: "alice"])
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "60")
            #expect(refused.headers[rateLimit] == "\"client\";r=0;t=60")
            #expect(refused.headers[.contentType] == "application/json")
            let text = String(buffer: refused.body)
            #expect(text == #"{"error":{"code":"rate_limited","message":"too many requests"}}"#)
            #expect(try await get(client, "/", [.authorization: "bob"]).status == .ok)
            let anonymous = try await get(client)
            #expect(anonymous.status == .ok)
            #expect(anonymous.headers[rateLimit] == nil)
        }
        let isReadable = limiters.registry.names.joined().contains("alice")
        #expect(isReadable == !isSecret)
    }

    private func limits(_ limit: Int, capacity: Int = 10) throws -> ClientLimits<BasicRequestContext> {
        let configuration = try RateLimiterConfiguration(.slidingWindow(limit: limit, per: .seconds(60)))
        let limiters = try KeyedRateLimiter("clients", configuration, capacity: capacity, clock: TestClock())
        return ClientLimits(limiters) { request, _ in request.headers[.authorization].map(ClientKey.secret) }
    }

    @Test func clientsBeyondTheCapacityShareOneLimit() async throws {
        try await serve(Middleware(guarding, clients: limits(1, capacity: 1)), Self.ok) { client in
            #expect(try await get(client, "/", [.authorization: "alice"]).status == .ok)
            #expect(try await get(client, "/", [.authorization: "bob"]).status == .ok)
            let refused = try await get(client, "/", [.authorization: "carol"])
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "60")
        }
    }

    @Test(
        "what is left is said whatever becomes of the request",
        arguments: [
            (HTTPError(.notFound) as any Error, HTTPResponse.Status.notFound),
            (TimeLimiterError(policyName: "database", limit: .seconds(1)), .gatewayTimeout),
            (RateLimiterError(policyName: "database"), .serviceUnavailable),
        ])
    func whatIsLeft(_ error: any Error, _ status: HTTPResponse.Status) async throws {
        try await serve(Middleware(guarding, clients: limits(5)), { _ in throw error }) { client in
            let response = try await get(client, "/", [.authorization: "alice"])
            #expect(response.status == status)
            #expect(response.headers[rateLimit] == "\"client\";r=4")
        }
    }

    @Test func aRateLimiterOfItsOwnPipelineMeansTooManyRequests() async throws {
        let limiter = try RateLimiter.slidingWindow("server", limit: 1, per: .seconds(10), clock: TestClock())
        let middleware = try Middleware(ResiliencePipeline("server") { limiter }, clients: limits(5))
        try await serve(middleware, Self.ok) { client in
            #expect(try await get(client, "/", [.authorization: "alice"]).status == .ok)
            let refused = try await get(client, "/", [.authorization: "alice"])
            #expect(refused.status == .tooManyRequests)
            #expect(refused.headers[.retryAfter] == "10")
            #expect(refused.headers[rateLimit] == "\"client\";r=3")
        }
    }

    @Test func whatThereIsNoRoomForIsShed() async throws {
        let (begun, hasBegun) = AsyncStream<Void>.makeStream()
        let (release, releases) = AsyncStream<Void>.makeStream()
        let handler: @Sendable (Request) async throws -> Response = { request in
            guard request.method == .post else { return Response(status: .ok) }
            hasBegun.yield()
            for await _ in release { break }
            return Response(status: .ok)
        }
        try await serve(Middleware(guarding, exempting: ["/health/"]), handler) { client in
            async let first = client.execute(uri: "/", method: .post) { $0 }
            for await _ in begun { break }
            let refused = try await get(client)
            #expect(refused.status == .serviceUnavailable)
            #expect(refused.headers[.retryAfter] == "1")
            #expect(String(buffer: refused.body).contains(#""code":"concurrency_limited""#))
            #expect(try await get(client, "/health").status == .ok)
            releases.yield()
            let status = try await first.status
            #expect(status == .ok)
            #expect(try await get(client).status == .ok)
        }
        #expect(seen == [0, 2, 0])
    }

    @Test func theLessImportantRequestGoesFirst() async throws {
        let clock = TestClock()
        let bulkhead = Bulkhead(
            "server", try BulkheadConfiguration(limit: 1, maxQueued: 1, maxWait: .seconds(60)), clock: clock)
        let held = try await bulkhead.acquire().shared()
        let middleware = try Middleware(ResiliencePipeline("server") { bulkhead }) { request, _ in
            request.headers[.priority] == nil ? .low : .high
        }
        try await serve(middleware, Self.ok) { client in
            let low = Task { try await get(client) }
            // It waits.
            _ = await clock.nextTimerScheduled()
            let high = Task { try await get(client, "/", [.priority: "high"]) }
            let refused = try await low.value
            #expect(refused.status == .serviceUnavailable)
            #expect(String(buffer: refused.body).contains(#""code":"displaced""#))
            held.release()
            #expect(try await high.value.status == .ok)
        }
    }

    // MARK: Errors of handlers

    struct Thrown: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var status: HTTPResponse.Status
        var retryAfter: String?
        /// What the server's own breaker counts: calls and failures.
        var counts: [Int]
        var error: @Sendable () async throws -> Void
    }

    @Test(arguments: [
        Thrown(testDescription: "open breaker", status: .serviceUnavailable, retryAfter: "30", counts: [0, 0]) {
            let breaker = CircuitBreaker("database", .network, clock: TestClock())
            breaker.open(for: .milliseconds(29_001))
            try await breaker.execute {}
        },
        Thrown(testDescription: "rate limiter", status: .serviceUnavailable, retryAfter: "10", counts: [0, 0]) {
            let limiter = try RateLimiter.slidingWindow(limit: 1, per: .seconds(10), clock: TestClock())
            for _ in 0..<2 { try await limiter.acquire(maxWait: .zero) }
        },
        Thrown(testDescription: "adaptive limiter", status: .serviceUnavailable, retryAfter: "2", counts: [0, 0]) {
            throw AdaptiveRateLimiterError(policyName: "database", retryAfter: .milliseconds(1_500))
        },
        Thrown(testDescription: "full registry", status: .serviceUnavailable, retryAfter: "1", counts: [1, 1]) {
            throw RegistryError(registryName: "database", reason: .full(name: "database", capacity: 1))
        },
        Thrown(testDescription: "bulkhead", status: .serviceUnavailable, retryAfter: "1", counts: [0, 0]) {
            let bulkhead = Bulkhead("database", try BulkheadConfiguration(limit: 1, maxWait: .zero))
            try await bulkhead.execute { try await bulkhead.execute {} }
        },
        Thrown(testDescription: "time limit", status: .gatewayTimeout, retryAfter: nil, counts: [1, 1]) {
            throw TimeLimiterError(policyName: "database", limit: .seconds(1))
        },
        Thrown(testDescription: "deadline", status: .gatewayTimeout, retryAfter: nil, counts: [0, 0]) {
            try await CallContext.with(deadline: .after(.zero)) { try await TimeLimiter(.seconds(1)).execute {} }
        },
        Thrown(testDescription: "its own 404", status: .notFound, retryAfter: nil, counts: [1, 0]) {
            throw HTTPError(.notFound)
        },
        Thrown(testDescription: "its own 503", status: .serviceUnavailable, retryAfter: nil, counts: [1, 1]) {
            throw HTTPError(.serviceUnavailable)
        },
    ])
    func errors(_ thrown: Thrown) async throws {
        let handler: @Sendable (Request) async throws -> Response = { _ in
            try await thrown.error()
            return Response(status: .ok)
        }
        try await serve(Middleware(guarding), handler) { client in
            let response = try await get(client)
            #expect(response.status == thrown.status)
            #expect(response.headers[.retryAfter] == thrown.retryAfter)
            #expect(!String(buffer: response.body).contains("database"))
        }
        #expect(seen == [0] + thrown.counts)
    }

    @Test("statuses are outcomes", arguments: [200, 404, 429, 500, 503], [HTTPRequest.Method.get, .head])
    func statuses(_ status: Int, _ method: HTTPRequest.Method) async throws {
        try await serve(Middleware(guarding), { _ in Response(status: .init(code: status)) }) { client in
            let response = try await client.execute(uri: "/", method: method) { $0 }
            #expect(response.status.code == status)
        }
        #expect(seen == [0, 1, status >= 500 ? 1 : 0])
    }

    // MARK: Deadlines

    @Test(
        arguments: [
            (nil, .seconds(10)), ("2.5", .milliseconds(2_500)), ("60", .seconds(10)), ("0", .seconds(10)),
            ("-1", .seconds(10)), ("nan", .seconds(10)), ("inf", .seconds(10)), ("soon", .seconds(10)),
            ("1e300", .seconds(10)),
        ] as [(String?, Duration)])
    func theDeadlineIsTheNearerOne(_ header: String?, _ expected: Duration) async throws {
        let name = try #require(HTTPField.Name("x-timeout"))
        let handler: @Sendable (Request) async throws -> Response = { _ in
            let remaining = try #require(CallContext.current.deadline).remaining
            #expect(remaining == expected)
            return Response(status: .ok)
        }
        var middleware = try Middleware(guarding, timeout: .seconds(10), timeoutHeader: name)
        middleware.clock = TestClock()
        try await serve(middleware, handler) { client in
            var headers = HTTPFields()
            headers[name] = header
            let status = try await get(client, "/", headers).status
            #expect(status == .ok)
        }
    }

    @Test func aTimeoutMustBeATime() throws {
        #expect(throws: ConfigurationError(field: "timeout", value: Duration.zero, allowed: "more than 0")) {
            try Middleware(guarding, timeout: .zero)
        }
    }
}
