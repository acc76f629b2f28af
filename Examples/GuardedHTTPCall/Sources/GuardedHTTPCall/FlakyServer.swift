import Hummingbird
import Logging
import SageHummingbird
import SageResilience
import Synchronization

/// A server that is limited by Sage, and whose handlers fail in ways that a client can survive.
struct FlakyServer: Sendable {
    /// How often each path was asked for.
    final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        subscript(path: String) -> Int { counts.withLock { $0[path, default: 0] } }

        func increment(_ path: String) -> Int {
            counts.withLock { counts in
                counts[path, default: 0] += 1
                return counts[path, default: 0]
            }
        }
    }

    /// The keys that the server has given out.
    private static let keys: Set<String> = ["key-of-a-greedy-client"]

    let counts = Counts()

    /// Serves until the task is cancelled.
    func run(onPort: @escaping @Sendable (Int) -> Void) async throws {
        let application = Application(
            router: try router(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { onPort($0.localAddress?.port ?? 0) },
            logger: Logger(label: "server") { _ in SwiftLogNoOpLogHandler() })
        try await application.run()
    }

    private func router() throws -> Router<BasicRequestContext> {
        let router = Router()
        let guarding = try ResiliencePipeline("server") {
            try BulkheadConfiguration(limit: 20, maxQueued: 20, maxWait: .seconds(1))
        }
        let perMinute = try RateLimiterConfiguration(.slidingWindow(limit: 3, per: .seconds(60)))
        let clients = try KeyedRateLimiter("clients", perMinute, capacity: 1_000)
        router.add(
            middleware: try ResilienceMiddleware(
                guarding,
                // Only a key that has been checked: whoever invents keys would have another limit with each.
                clients: ClientLimits(clients) { request, _ in
                    request.headers[.authorization].flatMap { Self.keys.contains($0) ? ClientKey.secret($0) : nil }
                },
                timeout: .seconds(10), exempting: ["/health"]))
        router.get("/health") { _, _ in "ok" }
        router.get("/busy") { _, _ in
            // Busy twice, and says for how long.
            guard counts.increment("/busy") > 2 else {
                return Response(status: .serviceUnavailable, headers: [.retryAfter: "1"])
            }
            return Response(status: .ok, body: .init(byteBuffer: .init(string: "search results")))
        }
        router.get("/hang") { _, _ in
            if counts.increment("/hang") == 1 { try await Task.sleep(for: .seconds(30)) }
            return "search results"
        }
        router.post("/orders") { _, _ -> HTTPResponse.Status in
            _ = counts.increment("/orders")
            return .serviceUnavailable
        }
        router.get("/broken") { _, _ -> HTTPResponse.Status in
            _ = counts.increment("/broken")
            return .internalServerError
        }
        return router
    }
}
