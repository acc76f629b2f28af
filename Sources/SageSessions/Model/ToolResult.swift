/// What a tool gave back.
public struct ToolResult: Sendable {
    /// The id of the call that it answers.
    public var callID: String
    /// What the tool gave back, as text.
    public var text: String
    /// Whether the tool failed.
    public var isError: Bool

    /// Creates a result.
    ///
    /// - Parameters:
    ///   - callID: The id of the call that it answers.
    ///   - text: What the tool gave back.
    ///   - isError: Whether the tool failed. Defaults to false.
    public init(callID: String, text: String, isError: Bool = false) {
        self.callID = callID
        self.text = text
        self.isError = isError
    }
}

extension ToolResult: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: ToolResult, right: ToolResult) -> Bool {
        left.isError == right.isError && left.callID.hasSameBytes(as: right.callID)
            && left.text.hasSameBytes(as: right.text)
    }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(isError)
        hasher.combine(ExactText(callID))
        hasher.combine(ExactText(text))
    }
}
