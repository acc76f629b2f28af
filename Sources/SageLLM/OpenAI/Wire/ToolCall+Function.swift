extension ToolCall {
    /// Creates a call of a function.
    ///
    /// - Parameters:
    ///   - id: The id by which the answer refers to the call.
    ///   - name: The function's name.
    ///   - arguments: The arguments as JSON text.
    public init(id: String, name: String, arguments: String) {
        self.init(id: id, function: FunctionCall(name: name, arguments: arguments))
    }
}
