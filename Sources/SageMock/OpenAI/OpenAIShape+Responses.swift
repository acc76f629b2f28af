import NIOCore
import SageLLM

extension OpenAIShape {
    /// Answers `POST /v1/responses`.
    func response(_ request: ProviderRequest, options: ReplyOptions) throws -> ProviderReply {
        let fields = try RequestFields(JSONValue(parsing: request.body))
        let model = try fields.required(fields.string("model"), "model", "a string")
        let conversation = try Conversation(responses: fields)
        let reply = ResponsesReply(
            ModelAnswer(to: conversation, options: options, sequence: request.sequence), model: model,
            request: fields, sequence: request.sequence, time: request.time)
        guard try fields.bool("stream") ?? false else {
            if let inBand = options.inBandError { return inBand.reply(standard: reply.failed) }
            return ProviderReply(json: reply.whole)
        }
        var events = ResponsesEvents()
        events.write(reply)
        if options.omitsDone || options.omitsFinish { events.removeLast() }
        if let inBand = options.inBandError { events.breakOff(inBand) }
        return ProviderReply(
            events: Array(repeating: Self.keepAlive, count: options.keepAlives) + events.encoded)
    }
}

extension Conversation {
    /// Reads the body of `POST /v1/responses`.
    ///
    /// - Throws: `JSONFieldError`, and ``OpenAIMistake`` where the items do not fit together.
    fileprivate init(responses fields: RequestFields) throws {
        if let previous = try fields.string("previous_response_id") {
            // Nothing is kept, so there is nothing to go on from.
            throw OpenAIMistake(
                "Previous response with id '\(previous)' not found.", param: "previous_response_id",
                code: "previous_response_not_found")
        }
        if let instructions = try fields.string("instructions") { count(message: instructions) }
        switch fields.value("input") {
        case .string(let text):
            lastText = text
            count(message: text)
        case .array:
            var open: [String] = []
            for item in try fields.objects("input") ?? [] { try read(item, open: &open) }
            if !open.isEmpty {
                throw OpenAIMistake(
                    "No tool output found for function call \(open.joined(separator: ", ")).", param: "input")
            }
        case nil:
            throw OpenAIMistake(
                "Missing required parameter: 'input'.", param: "input", code: "missing_required_parameter")
        default: throw fields.refused("input", allowed: "a string or an array of items")
        }
        for tool in try fields.objects("tools") ?? [] where try tool.string("type") == "function" {
            tools.append(try tool.required(tool.string("name"), "name", "a string"))
        }
        if fields.value("tool_choice") == "required" {
            demand = .any
        } else {
            demand = fields.value("tool_choice")?["name"]?.stringValue.map(Demand.named)
        }
    }

    /// Reads an item of the input.
    ///
    /// - Parameter open: The calls that have no output so far.
    private mutating func read(_ item: RequestFields, open: inout [String]) throws {
        switch try item.string("type") ?? "message" {
        case "message":
            let role = try item.required(item.string("role"), "role", "a string")
            lastText = try Self.text(of: "content", in: item)
            isUsersTurn = role == "user"
        case "function_call":
            lastText = try item.required(item.string("arguments"), "arguments", "a string")
            open.append(try item.required(item.string("call_id"), "call_id", "a string"))
            isUsersTurn = false
        case "function_call_output":
            let id = try item.required(item.string("call_id"), "call_id", "a string")
            guard let place = open.firstIndex(of: id) else {
                throw OpenAIMistake("No tool call found for function call output with call_id \(id).", param: "input")
            }
            open.remove(at: place)
            lastText = try Self.text(of: "output", in: item)
            isUsersTurn = false
        default:
            return
        }
        count(message: lastText)
    }

    /// The text of a member that is a text or an array of parts.
    private static func text(of key: String, in item: RequestFields) throws(JSONFieldError) -> String {
        switch item.value(key) {
        case .string(let text): return text
        case .array:
            var text = ""
            for part in try item.objects(key) ?? [] { text += try part.string("text") ?? "" }
            return text
        case nil: throw JSONFieldError(field: item.place(of: key), expected: "a string or an array", found: nil)
        default: throw item.refused(key, allowed: "a string or an array of parts")
        }
    }
}
