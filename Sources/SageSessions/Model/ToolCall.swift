/// A model's request to run a tool.
public struct ToolCall: Sendable {
    /// What the result refers to; unique among the calls of a conversation in a legal view.
    public var id: String
    /// The name of the tool.
    public var name: String
    /// The arguments as the model wrote them: JSON text, which may be broken where the model broke off.
    public var arguments: String

    /// Creates a call.
    ///
    /// - Parameters:
    ///   - id: What the result refers to.
    ///   - name: The name of the tool.
    ///   - arguments: The arguments as JSON text. Defaults to an empty object.
    public init(id: String, name: String, arguments: String = "{}") {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

extension ToolCall: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: ToolCall, right: ToolCall) -> Bool {
        left.id.hasSameBytes(as: right.id) && left.name.hasSameBytes(as: right.name)
            && left.arguments.hasSameBytes(as: right.arguments)
    }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ExactText(id))
        hasher.combine(ExactText(name))
        hasher.combine(ExactText(arguments))
    }
}
