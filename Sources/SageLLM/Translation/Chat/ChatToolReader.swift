/// Reads the tools of a request for a chat completion, and how the model may use them.
enum ChatToolReader {
    static func read(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        for tool in try fields.objects("tools") ?? [] { request.tools.append(try function(tool)) }
        request.allowsParallelToolCalls = try fields.bool("parallel_tool_calls")
        switch fields.value("tool_choice") {
        case nil: break
        case .string(let word): request.toolChoice = try choice(word, fields, "tool_choice")
        default:
            guard let choice = try fields.object("tool_choice") else { return }
            try read(choice: choice, &request)
        }
    }

    private static func function(_ tool: WireObject) throws(TranslationError) -> NeutralTool {
        let type = try tool.string("type") ?? "function"
        guard type == "function" else { throw tool.unknown("type", type, allowed: "function") }
        let function = try tool.requiredObject("function")
        return NeutralTool(
            name: try function.requiredString("name"), description: try function.string("description"),
            parameters: try function.object("parameters").map { .object($0.members) },
            isStrict: try function.bool("strict"))
    }

    private static func choice(
        _ word: String, _ fields: WireObject, _ key: String
    ) throws(TranslationError) -> NeutralToolChoice {
        switch word {
        case "auto": .auto
        case "none": .none
        case "required": .required
        default: throw fields.unknown(key, word, allowed: "auto, none, required or a function")
        }
    }

    private static func read(choice: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        let type = try choice.requiredString("type")
        switch type {
        case "function":
            request.toolChoice = .tool(try choice.requiredObject("function").requiredString("name"))
        case "allowed_tools":
            // The other formats have no list beside that of the tools.
            let allowed = try choice.requiredObject("allowed_tools")
            request.toolChoice = try self.choice(try allowed.requiredString("mode"), allowed, "mode")
            var names: Set<String> = []
            for tool in try allowed.objects("tools") ?? [] {
                let type = try tool.string("type") ?? "function"
                guard type == "function" else { throw tool.unknown("type", type, allowed: "function") }
                names.insert(try tool.requiredObject("function").requiredString("name"))
            }
            request.tools.removeAll { !names.contains($0.name) }
        default:
            throw choice.unknown("type", type, allowed: "function or allowed_tools")
        }
    }
}
