/// Why a request or an answer cannot be carried over to another provider's format.
///
/// Nothing was sent when a request is the reason.
public struct TranslationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field of the request, for example `messages[2].content[0]`; nil where it is none.
    public var parameter: String?
    /// What is wrong and what is possible, for the client.
    public var message: String

    /// - Parameters:
    ///   - message: What is wrong and what is possible.
    ///   - parameter: The field of the request.
    public init(_ message: String, parameter: String? = nil) {
        self.message = message
        self.parameter = parameter
    }

    /// The message, after the field.
    public var description: String { parameter.map { "\($0): \(message)" } ?? message }
}
