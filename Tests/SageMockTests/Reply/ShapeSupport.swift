import NIOCore
import SageLLM

@testable import SageMock

extension ProviderRequest {
    /// A request as a test writes it down; its number is 7 and its time 1000.
    static func of(
        _ body: String, method: String = "POST", path: String, query: [String: String] = [:],
        headers: [String: String] = [:]
    ) -> ProviderRequest {
        ProviderRequest(
            method: method, path: path, query: query, headers: headers, body: Array(body.utf8), sequence: 7,
            time: 1_000)
    }
}

extension ProviderShape {
    func answer(
        _ body: String, method: String = "POST", path: String, query: [String: String] = [:],
        headers: [String: String] = [:], options: ReplyOptions = ReplyOptions()
    ) -> ProviderReply {
        reply(
            to: .of(body, method: method, path: path, query: query, headers: headers), options: options)
    }
}

extension ProviderReply {
    /// The events of a stream; none of an answer in one piece.
    var events: [String] {
        guard case .events(let events) = body else { return [] }
        return events.map { String(buffer: $0) }
    }

    /// The body of an answer in one piece; empty for a stream.
    var text: String {
        guard case .whole(let body) = body else { return "" }
        return String(buffer: body)
    }

    var json: JSONValue? { try? JSONValue(parsing: text) }

    /// The data of the events, as far as they are JSON.
    var eventJSON: [JSONValue] {
        events.compactMap { event in
            let data = event.split(separator: "\n").first { $0.hasPrefix("data: ") }?.dropFirst(6)
            return data.flatMap { try? JSONValue(parsing: String($0)) }
        }
    }
}
