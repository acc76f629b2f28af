import SageLLM

/// The paths under `/_mock`, by which a test steers the provider and sees what arrived.
struct ControlEndpoints: Sendable {
    let state: MockState

    /// Whether a path belongs to the control endpoints; such requests are neither scripted nor recorded.
    static func serves(path: String) -> Bool {
        path == "/_mock" || path.hasPrefix("/_mock/")
    }

    /// The longest a request for the log waits.
    static let longestWait = 600_000

    func answer(_ request: IncomingRequest) async -> ProviderReply {
        switch (request.path, request.method) {
        case ("/_mock/script", "GET"):
            return ProviderReply(
                status: 200, contentType: "application/yaml; charset=utf-8", text: state.script.source)
        case ("/_mock/script", "PUT"):
            return replaceScript(request.body)
        case ("/_mock/requests", "GET"):
            return await requests(request)
        case ("/_mock", "DELETE"):
            state.reset()
            return ProviderReply(json: ["reset": true])
        case ("/_mock", _): return notAllowed("DELETE")
        case ("/_mock/script", _): return notAllowed("GET, PUT")
        case ("/_mock/requests", _): return notAllowed("GET")
        default:
            return refused(
                404, "nothing is here; there are PUT and GET /_mock/script, GET /_mock/requests, DELETE /_mock")
        }
    }

    private func replaceScript(_ body: [UInt8]) -> ProviderReply {
        guard let text = String(validating: body, as: UTF8.self) else { return refused(400, "the script is not UTF-8") }
        do {
            let script = try FaultScript(parsing: text)
            state.replaceScript(script)
            return ProviderReply(json: ["rules": JSONValue(script.rules.count)])
        } catch {
            let place: [String: JSONValue] = ["line": JSONValue(error.line), "field": .string(error.field)]
            return ProviderReply(
                status: 400,
                error: OpenAIError(
                    message: error.description, type: "invalid_script", additionalFields: place))
        }
    }

    private func requests(_ request: IncomingRequest) async -> ProviderReply {
        var condition = LogCondition()
        var timeout = 10_000
        for (name, value) in request.query {
            let limit = name == "timeout" ? Self.longestWait : Int.max
            guard let number = Int(value), (0...limit).contains(number) else {
                return refused(400, "\(name) is \"\(value)\"; allowed is a whole number from 0 to \(limit)")
            }
            switch name {
            case "wait": condition.received = number
            case "ended": condition.ended = number
            case "timeout": timeout = number
            default: return refused(400, "\(name): unknown parameter; allowed are wait, ended, timeout")
            }
        }
        var log = state.log
        if !condition.holds(for: log) {
            log = await state.log(when: condition, timeout: .milliseconds(timeout))
        }
        return ProviderReply(
            json: [
                "satisfied": .bool(condition.holds(for: log)), "received": JSONValue(log.received),
                "ended": JSONValue(log.ended), "dropped": JSONValue(log.dropped),
                "requests": .array(log.kept.map(\.json)),
            ])
    }

    private func notAllowed(_ methods: String) -> ProviderReply {
        var reply = refused(405, "allowed is \(methods)")
        reply.headers.append(FaultStep.Header("allow", methods))
        return reply
    }

    private func refused(_ status: Int, _ message: String) -> ProviderReply {
        ProviderReply(status: status, error: OpenAIError(message: message, type: "invalid_request_error"))
    }
}
