/// One message of a conversation, in no provider's shape.
///
/// Two messages are equal when their bytes are: texts that differ in Unicode normalisation alone are different.
public struct Message: Sendable {
    /// Who says it.
    public var role: Role
    /// What is said, in order.
    public var parts: [MessagePart]
    /// The name of who says it, where a protocol gives one.
    public var name: String?
    /// Whether it ends where something broke off: the answer of a turn that did not end well.
    public var isInterrupted: Bool

    /// Creates a message.
    ///
    /// - Parameters:
    ///   - role: Who says it.
    ///   - parts: What is said.
    ///   - name: The name of who says it. Defaults to none.
    ///   - isInterrupted: Whether it ends where something broke off. Defaults to false.
    public init(role: Role, parts: [MessagePart], name: String? = nil, isInterrupted: Bool = false) {
        self.role = role
        self.parts = parts
        self.name = name
        self.isInterrupted = isInterrupted
    }

    /// Creates a message of one text.
    ///
    /// - Parameters:
    ///   - role: Who says it.
    ///   - text: What is said.
    public init(_ role: Role, _ text: String) {
        self.init(role: role, parts: [.text(text)])
    }

    /// The texts of all text parts, one after the other.
    public var text: String {
        parts.reduce(into: "") { text, part in if case .text(let piece) = part { text += piece } }
    }

    /// The tool calls among the parts.
    public var toolCalls: [ToolCall] {
        parts.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
    }

    /// The tool results among the parts.
    public var toolResults: [ToolResult] {
        parts.compactMap { if case .toolResult(let result) = $0 { result } else { nil } }
    }
}

extension Message: Hashable {
    /// Whether both are the same, byte for byte.
    public static func == (left: Message, right: Message) -> Bool {
        left.role == right.role && left.isInterrupted == right.isInterrupted && left.parts == right.parts
            && ExactText(left.name) == ExactText(right.name)
    }

    /// Feeds what `==` compares to a hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(role)
        hasher.combine(isInterrupted)
        hasher.combine(parts)
        hasher.combine(ExactText(name))
    }
}
