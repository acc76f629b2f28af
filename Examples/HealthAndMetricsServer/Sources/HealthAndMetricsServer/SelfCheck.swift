import Foundation
import ServiceLifecycle

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A visitor who tries everything, with the inventory up, down and up again; the group stops when it has finished.
struct SelfCheck: Service {
    struct Surprise: Error, CustomStringConvertible {
        let description: String
    }

    let shop: Shop
    /// The port, as soon as the server listens.
    let port: AsyncStream<Int>

    func run() async throws {
        guard let port = await port.first(where: { _ in true }) else { return }
        let visitor = Visitor(base: "http://127.0.0.1:\(port)")
        print("listening on port \(port)")

        try await visitor.expect(200, "/health/live")
        try await visitor.expect(200, "/health/ready")
        for _ in 0..<10 { try await visitor.expect(200, "/stock/book") }
        print("10 calls were answered, although every fifth call to the inventory fails")

        shop.inventory.setDown(true)
        try await visitor.wait(for: 503, "/stock/book")
        try await visitor.expect(503, "/health/ready")
        print("the inventory is down; the breaker opened, and the server is not ready")
        print(try await visitor.expect(200, "/health", containing: #""state" : "open""#))

        shop.inventory.setDown(false)
        try await visitor.wait(for: 200, "/stock/book")
        try await visitor.wait(for: 200, "/health/ready")
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

/// A client without patience for surprises.
private struct Visitor {
    let base: String

    func get(_ path: String) async throws -> (status: Int, text: String) {
        guard let url = URL(string: base + path) else { throw SelfCheck.Surprise(description: "no URL: \(path)") }
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @discardableResult
    func expect(_ status: Int, _ path: String, containing needed: String = "") async throws -> String {
        let answer = try await get(path)
        guard answer.status == status, needed.isEmpty || answer.text.contains(needed) else {
            throw SelfCheck.Surprise(
                description: "\(path) answered \(answer.status) instead of \(status) \(needed)\n\(answer.text)")
        }
        return answer.text
    }

    /// Asks again and again, for ten seconds at most.
    func wait(for status: Int, _ path: String) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while try await get(path).status != status {
            guard ContinuousClock.now < deadline else {
                throw SelfCheck.Surprise(description: "\(path) never answered \(status)")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
