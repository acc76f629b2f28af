import SageLLM

/// What arrived at a ``MockProvider`` and how it ended.
public struct RequestRecord: Sendable {
    /// The number of the request, counted from 1 since the start or the last reset.
    public let sequence: Int
    /// When the request had arrived completely, since the start or the last reset.
    public let arrival: Duration
    /// The HTTP method.
    public let method: String
    /// The path with its query, in which the values of `key` are hidden.
    public let path: String
    /// The header lines in their order, with credentials hidden.
    public let headers: [(name: String, value: String)]
    /// The first 64 KiB of the body as text.
    public let body: String
    /// The length of the whole body in bytes.
    public let bodyBytes: Int
    /// The model asked for; nil when the body names none.
    public let model: String?
    /// Whether the request asked for a stream.
    public let isStream: Bool
    /// The rule that answered, counted from 0; nil when none matched.
    public let rule: Int?
    /// The step of that rule, counted from 0; nil after its last one.
    public let step: Int?
    /// Whether the step's probability let the request pass.
    public let isSpared: Bool
    /// The status of the answer; nil while none was sent.
    public internal(set) var status: Int?
    /// Complete events sent so far.
    public internal(set) var eventsSent = 0
    /// Bytes of the body sent so far.
    public internal(set) var bytesSent = 0
    /// How it ended; nil while it goes on.
    public internal(set) var outcome: RequestOutcome?
    /// From arrival to end; nil while it goes on.
    public internal(set) var duration: Duration?

    /// How much of a body is kept, in bytes.
    static let maximumBodyBytes = 65_536

    init(
        sequence: Int, arrival: Duration, request: IncomingRequest, facts: RequestFacts,
        decision: ScriptEngine.Decision
    ) {
        self.sequence = sequence
        self.arrival = arrival
        self.method = request.method
        self.path = Redaction.path(request.target)
        self.headers = request.headers.map { ($0.name, Redaction.header($0.name, $0.value)) }
        self.body = String(decoding: request.body.prefix(Self.maximumBodyBytes), as: UTF8.self)
        self.bodyBytes = request.body.count
        self.model = facts.model
        self.isStream = facts.isStream
        self.rule = decision.place?.rule
        self.step = decision.place?.step
        self.isSpared = decision.isSpared
    }
}

/// How a request ended.
@nonexhaustive
public enum RequestOutcome: String, Sendable, Hashable, CaseIterable {
    /// The whole answer was sent.
    case completed
    /// The client closed the connection before it had the whole answer.
    case clientDisconnected = "client_disconnected"
    /// The script ended the connection in the middle of the answer.
    case cut
    /// The script reset the connection.
    case reset
    /// The provider was stopped before the answer was sent.
    case serverStopped = "server_stopped"
}

extension RequestRecord {
    /// The record as `GET /_mock/requests` shows it.
    var json: JSONValue {
        [
            "sequence": JSONValue(sequence), "time_ms": JSONValue(milliseconds: arrival), "method": .string(method),
            "path": .string(path), "model": JSONValue(model), "stream": .bool(isStream), "headers": headersJSON,
            "body": .string(body), "body_bytes": JSONValue(bodyBytes), "rule": JSONValue(rule),
            "step": JSONValue(step), "spared": .bool(isSpared), "status": JSONValue(status),
            "events_sent": JSONValue(eventsSent), "bytes_sent": JSONValue(bytesSent),
            "outcome": JSONValue(outcome?.rawValue), "duration_ms": JSONValue(milliseconds: duration),
        ]
    }

    /// One member per name, in lower case; lines of the same name are joined, as HTTP allows.
    private var headersJSON: JSONValue {
        var members = JSONObject()
        for (name, value) in headers {
            let name = name.lowercased()
            let earlier = members[name]?.stringValue
            members[name] = .string(earlier.map { "\($0), \(value)" } ?? value)
        }
        return .object(members)
    }
}
