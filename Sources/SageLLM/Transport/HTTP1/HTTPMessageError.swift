/// What is wrong with the bytes of a request or an answer.
///
/// The texts never carry a part of the message, which may be the user's data.
package enum HTTPMessageError: Error, Sendable, Hashable {
    /// The peer broke the rules of HTTP/1.1.
    case malformed(String)
    /// The peer speaks something else.
    case otherProtocol(String)
    /// A part is longer than is accepted.
    case tooLong(String, limit: Int)

    /// The rule that was broken, in words.
    var explanation: String {
        switch self {
        case .malformed(let what): what
        case .otherProtocol(let name): "the peer speaks \(name), not HTTP/1.1"
        case .tooLong(let part, let limit): "\(part) is longer than \(limit)"
        }
    }
}
