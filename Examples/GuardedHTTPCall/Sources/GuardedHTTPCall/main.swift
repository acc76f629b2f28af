import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import SageAsyncHTTPClient
import SageHummingbird
import SageResilience
import SageTelemetry

/// Counts what did not go as this example promises.
struct Report {
    private(set) var failures = 0

    mutating func check(_ what: String, _ isTrue: Bool, _ seen: String) {
        print(isTrue ? "ok      " : "FAILED  ", what, "–", seen)
        if !isTrue { failures += 1 }
    }
}

/// The client's side: a bare `HTTPClient`, a pipeline around it, and a log of what the pipeline does.
func makeClient() throws -> ResilientHTTPClient {
    let pipeline = try ResiliencePipeline("search", listener: LogListener(Logger(label: "client"))) {
        try RetryConfiguration(
            maxAttempts: 4, backoff: .exponential(initialDelay: .milliseconds(50), maxDelay: .seconds(1)))
        CircuitBreakerConfiguration.network
        // Of one attempt: an answer that hangs is given up, and asked for again.
        try TimeLimiter(.seconds(2))
    }
    return ResilientHTTPClient(.shared, pipeline)
}

func get(_ http: ResilientHTTPClient, _ url: String, key: String? = nil) async throws -> (status: Int, body: String) {
    var request = HTTPClientRequest(url: url)
    if let key { request.headers.add(name: "authorization", value: key) }
    let response = try await http.execute(request, timeout: .seconds(10))
    return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 64 * 1024)))
}

func run(_ server: FlakyServer, _ address: String) async throws -> Report {
    var report = Report()
    let http = try makeClient()
    let clock = ContinuousClock()

    let begun = clock.now
    let busy = try await get(http, address + "/busy")
    let waited = clock.now - begun
    report.check(
        "a busy service is asked again when it said, not before",
        busy == (200, "search results") && server.counts["/busy"] == 3 && waited >= .seconds(2),
        "\(busy.status) at attempt \(server.counts["/busy"]), after \(waited.formatted(.units(allowed: [.milliseconds])))"
    )

    let hung = try await get(http, address + "/hang")
    report.check(
        "an answer that hangs is given up", hung.status == 200 && server.counts["/hang"] == 2,
        "\(hung.status) at attempt \(server.counts["/hang"])")

    let rude = try await RudeServer().start()
    let reset = try await get(http, "http://127.0.0.1:\(rude.localAddress?.port ?? 0)/")
    report.check("a connection that breaks is made again", reset == (200, "search results"), "\(reset.status)")
    try await rude.close()

    var order = HTTPClientRequest(url: address + "/orders")
    order.method = .POST
    order.body = .bytes(ByteBuffer(string: "one book"))
    let ordered = try await http.execute(order, timeout: .seconds(10))
    report.check(
        "an order is not sent twice", ordered.status.code == 503 && server.counts["/orders"] == 1,
        "\(ordered.status.code) after \(server.counts["/orders"]) attempt")

    // A client without a retry, which shows what the server's own limits say.
    let bare = ResilientHTTPClient(.shared, ResiliencePipeline("bare") {})
    var statuses: [Int] = []
    for _ in 0..<4 { statuses.append(try await get(bare, address + "/busy", key: "key-of-a-greedy-client").status) }
    report.check("a greedy client is limited", statuses == [200, 200, 200, 429], "\(statuses)")

    let broken = try makeClient()
    var refusal: (any Error)?
    for _ in 0..<100 where refusal == nil {
        do { _ = try await get(broken, address + "/broken") } catch { refusal = error }
    }
    report.check(
        "a service that is down is left alone", refusal is CircuitBreakerError,
        "after \(server.counts["/broken"]) attempts: \(refusal.map { "\($0)" } ?? "no refusal")")
    return report
}

let server = FlakyServer()
let (ports, onPort) = AsyncStream<Int>.makeStream()
let report = try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await server.run { onPort.yield($0) } }
    defer { group.cancelAll() }
    for await port in ports { return try await run(server, "http://127.0.0.1:\(port)") }
    return Report()
}
print(report.failures == 0 ? "All as promised." : "\(report.failures) not as promised.")
exit(report.failures == 0 ? 0 : 1)
