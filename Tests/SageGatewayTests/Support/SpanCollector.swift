import SageLLM
import SageOTLP
import SagePrometheus
import Synchronization

@testable import SageGateway

/// Keeps the spans that are exported.
final class SpanCollector: Sendable {
    /// One span as the collector got it.
    struct Span: Sendable {
        let json: JSONValue

        var name: String? { json["name"]?.text }
        var id: String? { json["spanId"]?.text }
        var parent: String? { json["parentSpanId"]?.text }
        var trace: String? { json["traceId"]?.text }

        /// An attribute's value as text.
        subscript(_ key: String) -> String? {
            guard case .array(let attributes) = json["attributes"] else { return nil }
            guard let value = attributes.first(where: { $0["key"]?.text == key })?["value"] else { return nil }
            for kind in ["stringValue", "intValue"] {
                if let text = value[kind]?.text { return text }
            }
            return (value["boolValue"] ?? value["doubleValue"] ?? value["arrayValue"]?["values"])?.description
        }
    }

    private let bodies = Mutex<[[UInt8]]>([])

    @Sendable
    func send(_ request: OTLPRequest) async throws -> OTLPResponse {
        bodies.withLock { $0.append(request.body) }
        return OTLPResponse(status: 200)
    }

    /// Everything that was sent, as text.
    var text: String { bodies.withLock { $0 }.map { String(decoding: $0, as: UTF8.self) }.joined() }

    /// The spans in the order of their ends.
    var all: [Span] {
        bodies.withLock { $0 }.flatMap { body -> [Span] in
            guard let json = try? JSONValue(parsing: body), case .array(let resources) = json["resourceSpans"] else {
                return []
            }
            return resources.flatMap { resource -> [Span] in
                guard case .array(let scopes) = resource["scopeSpans"] else { return [] }
                return scopes.flatMap { scope -> [Span] in
                    guard case .array(let spans) = scope["spans"] else { return [] }
                    return spans.map(Span.init)
                }
            }
        }
    }

    func named(_ name: String) -> [Span] { all.filter { $0.name == name } }
}

extension JSONValue {
    fileprivate var text: String? { if case .string(let text) = self { text } else { nil } }
}

extension ServerTelemetry {
    /// The lines of the page that begin with a name.
    func lines(_ prefix: String) -> [String] {
        metrics.backend.render().text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }
}
