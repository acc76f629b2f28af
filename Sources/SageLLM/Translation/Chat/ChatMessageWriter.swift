/// Writes the messages of a request for a chat completion.
struct ChatMessageWriter {
    private var messages: [JSONValue] = []
    private let showsThinking: Bool

    /// - Parameter showsThinking: Whether the service wants to see the thinking before its calls again; OpenAI refuses
    ///   messages with it, while others ask for it.
    static func messages(
        _ request: inout NeutralRequest, showsThinking: Bool
    ) throws(TranslationError) -> [JSONValue] {
        var writer = ChatMessageWriter(showsThinking: showsThinking)
        try writer.writeSystem(request.system)
        for message in request.messages {
            switch message.role {
            case .user: try writer.writeUser(message)
            case .assistant: try writer.writeAssistant(message, &request)
            }
        }
        return writer.messages
    }

    private init(showsThinking: Bool) {
        self.showsThinking = showsThinking
    }

    private mutating func append(_ role: String, _ content: JSONValue, _ more: JSONObject = [:]) {
        var message: JSONObject = ["role": .string(role), "content": content]
        for (key, value) in more { message[key] = value }
        messages.append(.object(message))
    }

    /// One message, because many models' templates take only one, at the beginning.
    private mutating func writeSystem(_ parts: [NeutralPart]) throws(TranslationError) {
        var texts: [String] = []
        for part in parts {
            guard case .text(let text) = part else {
                throw TranslationError("OpenAI takes text only", parameter: "system")
            }
            texts.append(text)
        }
        if !texts.isEmpty { append("system", .string(texts.joined(separator: "\n\n"))) }
    }

    /// The results of tools come first, each in a message of its own, as OpenAI demands.
    private mutating func writeUser(_ message: NeutralMessage) throws(TranslationError) {
        var content: [JSONValue] = []
        var media: [JSONValue] = []
        var hasResult = false
        for part in message.parts {
            guard case .toolResult(let result) = part else {
                content.append(try Self.part(part, message.path))
                continue
            }
            hasResult = true
            try write(result, media: &media, message.path)
        }
        content = media + content
        if hasResult, content.isEmpty { return }
        if content.count == 1, let text = content[0]["text"] {
            append("user", text)
        } else {
            append("user", content.isEmpty ? "" : .array(content))
        }
    }

    /// A tool answers in text; its images and documents follow in the user's name.
    private mutating func write(
        _ result: NeutralToolResult, media: inout [JSONValue], _ path: String
    ) throws(TranslationError) {
        var texts: [String] = []
        var attached: [JSONValue] = []
        for part in result.parts {
            if case .text(let text) = part {
                texts.append(text)
            } else {
                attached.append(try Self.part(part, path))
            }
        }
        let id = ToolIdentifier.openAI(result.callID)
        if !attached.isEmpty {
            texts.append("(\(attached.count) of its parts follow in the next message.)")
            media.append(["type": "text", "text": .string("What the tool call \(id) has returned:")])
            media += attached
        }
        let text = texts.joined(separator: "\n")
        append(
            "tool", .string(result.isError && !text.hasPrefix("Error") ? "Error: \(text)" : text),
            ["tool_call_id": .string(id)])
    }

    private mutating func writeAssistant(
        _ message: NeutralMessage, _ request: inout NeutralRequest
    ) throws(TranslationError) {
        var text = ""
        var isTextOpen = true
        var refusals: [String] = []
        var thoughts: [String] = []
        var calls: [JSONValue] = []
        for part in message.parts {
            switch part {
            case .text(let fragment):
                // Neighbouring texts are one; what stood between others must not run together.
                if !isTextOpen, !text.isEmpty { text += "\n\n" }
                text += fragment
                isTextOpen = true
                continue
            case .refusal(let reason): refusals.append(reason)
            case .toolCall(var call):
                // OpenAI refuses members that it does not know.
                if !showsThinking { call.signature = nil }
                calls.append(Self.toolCall(call))
            case .thinking(let thought, _): thoughts.append(thought)
            case .redactedThinking: request.drop("redacted_thinking")
            case .image, .document, .audio, .toolResult:
                throw TranslationError(
                    "OpenAI takes text and tool calls from an assistant only", parameter: "\(message.path).content")
            }
            isTextOpen = false
        }
        var more = JSONObject()
        if !refusals.isEmpty { more["refusal"] = .string(refusals.joined(separator: "\n")) }
        if !thoughts.isEmpty {
            if showsThinking, !calls.isEmpty {
                more["reasoning_content"] = .string(thoughts.joined(separator: "\n"))
            } else {
                request.drop("thinking")
            }
        }
        if !calls.isEmpty { more["tool_calls"] = .array(calls) }
        append("assistant", text.isEmpty && !(calls.isEmpty && refusals.isEmpty) ? .null : .string(text), more)
    }

    static func toolCall(_ call: NeutralToolCall) -> JSONValue {
        var object: JSONObject = [
            "id": .string(ToolIdentifier.openAI(call.id)), "type": "function",
            "function": [
                "name": .string(call.name), "arguments": .string(call.arguments.isEmpty ? "{}" : call.arguments),
            ],
        ]
        if let signature = call.signature { object["extra_content"] = ChatThinking.extraContent(signature: signature) }
        return .object(object)
    }

    private static func part(_ part: NeutralPart, _ path: String) throws(TranslationError) -> JSONValue {
        func refused(_ reason: String) -> TranslationError {
            TranslationError(reason, parameter: "\(path).content")
        }
        switch part {
        case .text(let text):
            return ["type": "text", "text": .string(text)]
        case .image(.base64(let data, let mediaType)):
            return ["type": "image_url", "image_url": ["url": .string(DataURL.text(data, mediaType: mediaType))]]
        case .image(.url(let url, _)):
            return ["type": "image_url", "image_url": ["url": .string(url)]]
        case .document(.base64(let data, let mediaType), let name):
            let url = DataURL.text(data, mediaType: mediaType)
            return [
                "type": "file", "file": ["filename": .string(name ?? "document.pdf"), "file_data": .string(url)],
            ]
        case .document(.url, _):
            throw refused("OpenAI's chat completions take a document as data, not as an address")
        case .audio(.base64(let data, let mediaType)):
            let format: JSONValue
            switch mediaType {
            case "audio/wav", "audio/x-wav", "audio/wave": format = "wav"
            case "audio/mpeg", "audio/mp3": format = "mp3"
            default: throw refused("OpenAI takes audio in wav and mp3 only, found \(mediaType.prefix(64))")
            }
            return ["type": "input_audio", "input_audio": ["data": .string(data), "format": format]]
        case .audio(.url): throw refused("OpenAI takes audio as data, not as an address")
        case .refusal(let text): return ["type": "text", "text": .string(text)]
        case .toolCall, .toolResult, .thinking, .redactedThinking:
            throw refused("only text, images, documents and audio can stand here")
        }
    }
}
