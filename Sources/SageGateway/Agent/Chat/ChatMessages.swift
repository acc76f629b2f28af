import SageLLM
import SageSessions

/// Writes messages of a conversation in the form of chat completions.
enum ChatMessages {
    /// The messages for a provider.
    ///
    /// A message with results of tools becomes one message for each of them. What a model thought, and parts that only
    /// another protocol knows, are left out.
    static func json(_ messages: some Sequence<SageSessions.Message>) -> [JSONValue] {
        messages.flatMap(json)
    }

    private static func json(_ message: SageSessions.Message) -> [JSONValue] {
        var results: [JSONValue] = message.toolResults.map { result in
            [
                "role": "tool", "tool_call_id": .string(result.callID),
                "content": .string(result.isError ? "Error: \(result.text)" : result.text),
            ]
        }
        guard message.role != .tool else { return results }
        var members: JSONObject = ["role": .string(message.role.rawValue)]
        if let name = message.name { members["name"] = .string(name) }
        let content = content(message)
        let calls = message.role == .assistant ? message.toolCalls : []
        guard content != nil || !calls.isEmpty else { return results }
        members["content"] = content ?? .null
        if !calls.isEmpty {
            members["tool_calls"] = .array(
                calls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": ["name": .string(call.name), "arguments": .string(arguments(call))],
                    ]
                })
        }
        results.append(.object(members))
        return results
    }

    /// A provider refuses arguments that are no JSON, as they are where the model broke off.
    private static func arguments(_ call: SageSessions.ToolCall) -> String {
        (try? JSONValue(parsing: call.arguments)) == nil ? "{}" : call.arguments
    }

    private static func content(_ message: SageSessions.Message) -> JSONValue? {
        let parts: [JSONValue] = message.parts.compactMap { part in
            switch part {
            case .text(let text): text.isEmpty ? nil : ["type": "text", "text": .string(text)]
            case .image(let image): ["type": "image_url", "image_url": ["url": .string(url(image))]]
            case .raw(format: "openai", let json): try? JSONValue(parsing: json.text)
            default: nil
            }
        }
        guard !parts.isEmpty else { return nil }
        // Many servers take nothing but a text.
        let texts = parts.compactMap { $0["type"]?.stringValue == "text" ? $0["text"]?.stringValue : nil }
        guard texts.count == parts.count else { return .array(parts) }
        // The parts of an answer go on one from the other; those of a user may be several messages.
        return .string(texts.joined(separator: message.role == .assistant ? "" : "\n\n"))
    }

    private static func url(_ image: SageSessions.ImagePart) -> String {
        switch image.source {
        case .url(let url): url
        case .data(let base64): "data:\(image.mediaType ?? "image/png");base64,\(base64)"
        }
    }
}
