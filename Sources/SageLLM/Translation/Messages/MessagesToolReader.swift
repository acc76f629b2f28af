/// Reads the tools of a request for a message, and how the model may use them.
enum MessagesToolReader {
    static func read(_ fields: WireObject, _ request: inout NeutralRequest) throws(TranslationError) {
        for tool in try fields.objects("tools") ?? [] {
            let type = try tool.string("type") ?? "custom"
            guard type == "custom" else {
                throw tool.invalid(
                    "type",
                    "\(type.prefix(64).debugDescription) is a tool of Anthropic's own, which no other provider has; "
                        + "allowed is custom")
            }
            if tool.value("cache_control") != nil { request.drop("cache_control") }
            for key in ["input_examples", "allowed_callers", "defer_loading", "eager_input_streaming"]
            where tool.value(key) != nil && tool.value(key) != false {
                request.drop("tools[].\(key)")
            }
            request.tools.append(
                NeutralTool(
                    name: try tool.requiredString("name"), description: try tool.string("description"),
                    parameters: .object(try tool.requiredObject("input_schema").members),
                    isStrict: try tool.bool("strict")))
        }
        guard let choice = try fields.object("tool_choice") else { return }
        let type = try choice.requiredString("type")
        switch type {
        case "auto": request.toolChoice = .auto
        case "any": request.toolChoice = .required
        case "none": request.toolChoice = NeutralToolChoice.none
        case "tool": request.toolChoice = .tool(try choice.requiredString("name"))
        default: throw choice.unknown("type", type, allowed: "auto, any, tool or none")
        }
        if let isDisabled = try choice.bool("disable_parallel_tool_use") {
            request.allowsParallelToolCalls = !isDisabled
        }
    }
}
