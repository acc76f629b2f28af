import SageLLM

extension ChatCompletionRequest {
    /// The tool call that answers this request, if one does.
    ///
    /// A result of a tool is always answered with text, so that a conversation with tools comes to an end.
    ///
    /// - Parameters:
    ///   - scripted: The call that the script demands, whatever the request wants.
    ///   - id: The id of the call.
    func toolCall(scripted: ReplyOptions.ToolCall?, id: String) -> ToolCall? {
        guard messages.last?.role == .user, let first = tools?.compactMap(\.function?.name).first else { return nil }
        if let scripted { return ToolCall(id: id, name: scripted.name ?? first, arguments: scripted.arguments) }
        let wanted = toolChoice == "required" ? first : toolChoice?["function"]?["name"]?.stringValue
        return wanted.map { ToolCall(id: id, name: $0, arguments: "{}") }
    }
}
