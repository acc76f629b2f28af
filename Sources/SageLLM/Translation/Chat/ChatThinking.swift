/// How thinking stands in the messages of chat completions, which OpenAI itself does not show.
///
/// Its text is `reasoning_content`, as DeepSeek introduced and most services copied (`reasoning` with OpenRouter and
/// vLLM). Signatures, without which Anthropic does not take its thinking back, stand beside it in `thinking_blocks`,
/// Anthropic's own blocks, as LiteLLM does; a client that sends the message back as it came brings them along. The
/// signature of a Gemini call stands where Google's compatible endpoint has it.
enum ChatThinking {
    /// The thinking of a message: its blocks, or else its text.
    static func parts(_ message: WireObject) throws(TranslationError) -> [NeutralPart] {
        guard case .array = message.value("thinking_blocks") else {
            let text = message.value("reasoning_content")?.stringValue ?? message.value("reasoning")?.stringValue
            return text.flatMap { $0.isEmpty ? nil : [.thinking($0, signature: nil)] } ?? []
        }
        var parts: [NeutralPart] = []
        for block in try message.objects("thinking_blocks") ?? [] {
            switch try block.string("type") {
            case "thinking":
                let signature = try block.string("signature") ?? ""
                parts.append(
                    .thinking(try block.string("thinking") ?? "", signature: signature.isEmpty ? nil : signature))
            case "redacted_thinking":
                parts.append(.redactedThinking(try block.requiredString("data")))
            default:
                throw block.invalid("type", "thinking or redacted_thinking is expected")
            }
        }
        return parts
    }

    /// A block as Anthropic writes it.
    static func block(_ text: String, signature: String) -> JSONValue {
        ["type": "thinking", "thinking": .string(text), "signature": .string(signature)]
    }

    /// A block that only Anthropic can read.
    static func redactedBlock(_ data: String) -> JSONValue {
        ["type": "redacted_thinking", "data": .string(data)]
    }

    /// The signature of a call.
    static func signature(_ call: WireObject) -> String? {
        call.members["extra_content"]?["google"]?["thought_signature"]?.stringValue
    }

    static func extraContent(signature: String) -> JSONValue {
        ["google": ["thought_signature": .string(signature)]]
    }
}
