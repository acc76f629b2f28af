/// Who speaks in a message.
///
/// Services add roles, so any text is allowed.
public struct ChatRole: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral {
    /// The role as it is written in JSON.
    public let rawValue: String

    /// Creates a role from its text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Creates a role from a literal.
    public init(stringLiteral value: String) { self.init(rawValue: value) }

    /// Instructions of the application.
    public static let system: ChatRole = "system"
    /// The newer name of `system`.
    public static let developer: ChatRole = "developer"
    /// The user.
    public static let user: ChatRole = "user"
    /// The model.
    public static let assistant: ChatRole = "assistant"
    /// The result of a tool call.
    public static let tool: ChatRole = "tool"
}
