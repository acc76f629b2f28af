import SageLLM

extension Conversation {
    /// Reads the body of `POST /v1/messages` and `/v1/messages/count_tokens`.
    ///
    /// - Throws: `JSONFieldError`, and ``RequestMistake`` where the messages do not fit together.
    init(anthropic fields: RequestFields) throws {
        if fields.value("system") != nil { count(message: try Self.text(of: "system", in: fields)) }
        let messages = try fields.required(fields.objects("messages"), "messages", "an array")
        guard !messages.isEmpty else { throw RequestMistake("messages: at least one message is required") }
        var open: Set<String> = []
        for message in messages { try read(message, open: &open) }
        if !open.isEmpty { throw Self.unanswered(open) }
        for tool in try fields.objects("tools") ?? [] {
            let name = try tool.required(tool.string("name"), "name", "a string")
            // A tool with a type of its own is the provider's and has no schema.
            if try tool.string("type") ?? "custom" == "custom" {
                _ = try tool.required(tool.object("input_schema"), "input_schema", "an object")
            }
            tools.append(name)
            tokens += SimulatedReply.estimatedTokens(tool.value("input_schema")?.description ?? "")
        }
        if let choice = try fields.object("tool_choice") {
            switch try choice.required(choice.string("type"), "type", "a string") {
            case "any": demand = .any
            case "tool": demand = .named(try choice.required(choice.string("name"), "name", "a string"))
            case "auto", "none": break
            default: throw choice.refused("type", allowed: "auto, any, tool or none")
            }
        }
    }

    /// Reads a message.
    ///
    /// - Parameter open: The ids of the calls in the message before, which this one has to answer.
    private mutating func read(_ message: RequestFields, open: inout Set<String>) throws {
        let role = try message.required(message.string("role"), "role", "a string")
        guard role == "user" || role == "assistant" else {
            throw RequestMistake(
                "messages: Unexpected role \"\(role)\". Allowed roles are \"user\" or \"assistant\".")
        }
        var calls: Set<String> = []
        var hasResult = false
        if case .array = message.value("content") {
            for block in try message.objects("content") ?? [] {
                switch try block.required(block.string("type"), "type", "a string") {
                case "tool_use":
                    _ = try block.required(block.string("name"), "name", "a string")
                    _ = try block.required(block.object("input"), "input", "an object")
                    calls.insert(try block.required(block.string("id"), "id", "a string"))
                case "tool_result":
                    hasResult = true
                    let id = try block.required(block.string("tool_use_id"), "tool_use_id", "a string")
                    guard open.remove(id) != nil else {
                        throw RequestMistake(
                            "\(block.place): unexpected `tool_use_id` found in `tool_result` blocks: \(id). Each "
                                + "`tool_result` block must have a corresponding `tool_use` block in the previous "
                                + "message.")
                    }
                default: break
                }
            }
        }
        if !open.isEmpty { throw Self.unanswered(open) }
        open = calls
        lastText = try Self.text(of: "content", in: message)
        isUsersTurn = role == "user" && !hasResult
        count(message: lastText)
    }

    private static func unanswered(_ calls: Set<String>) -> RequestMistake {
        RequestMistake(
            "messages: `tool_use` ids were found without `tool_result` blocks immediately after: "
                + calls.sorted().joined(separator: ", "))
    }

    /// The text of a member that is a text or an array of blocks; of a tool's result that of its content.
    private static func text(of key: String, in fields: RequestFields) throws(JSONFieldError) -> String {
        switch fields.value(key) {
        case .string(let text): return text
        case .array:
            var text = ""
            for block in try fields.objects(key) ?? [] {
                if try block.string("type") == "text" {
                    text += try block.required(block.string("text"), "text", "a string")
                } else if block.value("content") != nil {
                    text += try Self.text(of: "content", in: block)
                }
            }
            return text
        default: throw fields.refused(key, allowed: "a string or an array of content blocks")
        }
    }
}
