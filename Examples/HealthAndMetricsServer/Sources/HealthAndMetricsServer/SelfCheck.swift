import AsyncHTTPClient
import SageAsyncHTTPClient
import SageResilience
import ServiceLifecycle

/// A visitor who tries everything, with the inventory up, down and up again; the group stops when it has finished.
struct SelfCheck: Service {
    let shop: Shop
    /// The port, as soon as the server listens.
    let port: AsyncStream<Int>

    func run() async throws {
        guard let port = await port.first(where: { _ in true }) else { return }
        print("listening on port \(port)")
        let visitor = try Visitor(port: port, maxAttempts: 1)

        try await visitor.expect(200, "/health/live")
        try await visitor.expect(200, "/health/ready")
        for _ in 0..<10 { try await visitor.expect(200, "/stock/book") }
        print("10 calls were answered, although every fifth call to the inventory fails")

        shop.inventory.setDown(true)
        for _ in 0..<10 { _ = try await visitor.get("/stock/book") }
        try await visitor.expect(503, "/stock/book")
        try await visitor.expect(503, "/health/ready")
        print("the inventory is down; the breaker opened, and the server is not ready")
        print(try await visitor.expect(200, "/health", containing: #""state" : "open""#))

        shop.inventory.setDown(false)
        // The server says when to come back, and a client with a retry does.
        try await Visitor(port: port, maxAttempts: 5).expect(200, "/stock/book")
        try await visitor.expect(200, "/health/ready")
        print("the inventory is up, and the server is ready again")

        let page = try await visitor.expect(200, "/metrics", containing: "shop_stock_duration_seconds_count ")
        for line in page.split(separator: "\n") where !line.hasPrefix("#") && !line.contains("_bucket") {
            print(line)
        }
        for needed in [
            #"sage_breaker_state{name="inventory"} "#, "sage_breaker_transitions_total{", "sage_retries_total{",
        ] {
            guard page.contains("\n\(needed)") else { throw Surprise(description: "no \(needed) in:\n\(page)") }
        }
    }
}

struct Surprise: Error, CustomStringConvertible {
    let description: String
}

/// A client that says what it expects.
private struct Visitor {
    private let address: String
    private let http: ResilientHTTPClient

    init(port: Int, maxAttempts: Int) throws {
        address = "http://127.0.0.1:\(port)"
        http = ResilientHTTPClient(
            .shared, try ResiliencePipeline("visitor") { try RetryConfiguration(maxAttempts: maxAttempts) })
    }

    func get(_ path: String) async throws -> (status: Int, text: String) {
        let answer = try await http.execute(HTTPClientRequest(url: address + path), timeout: .seconds(30))
        return (Int(answer.status.code), String(buffer: try await answer.body.collect(upTo: 1024 * 1024)))
    }

    @discardableResult
    func expect(_ status: Int, _ path: String, containing needed: String = "") async throws -> String {
        let answer = try await get(path)
        guard answer.status == status, needed.isEmpty || answer.text.contains(needed) else {
            throw Surprise(description: "\(path): \(answer.status) instead of \(status) \(needed)\n\(answer.text)")
        }
        return answer.text
    }
}
