public import SageResilience

/// What a store of conversations refuses, and why.
///
/// No text in it holds what was said in a conversation.
@nonexhaustive
public enum SessionError: ClassifiedError, Sendable, Hashable {
    /// There is no conversation of this id.
    case notFound(session: String)
    /// The same id was used for something else: an entry, a conversation, an idempotency key.
    case conflict(session: String, reason: String)
    /// Another writer has taken the conversation over; this one must stop.
    case fenced(session: String)
    /// The turn has ended.
    case turnEnded(session: String)
    /// A turn is under way.
    case running(session: String)
    /// No turn of the conversation was interrupted, or somebody resumes it already.
    case nothingToResume(session: String)
    /// The text cannot be an id; the reason is a sentence.
    case invalidID(field: String, reason: String)
    /// A value is out of the allowed range.
    case invalidValue(field: String, value: String, allowed: String)
    /// Something is larger than the store takes.
    case tooLarge(field: String, bytes: Int, allowed: Int)
    /// An entry of the log is damaged, so what was asked for is not there in full.
    case damaged(session: String, reason: String)

    /// A mistake of the caller, or a state that only the caller can resolve: it says nothing about the store's health,
    /// and trying again changes nothing.
    public var classification: ErrorClassification { ErrorClassification(.permanent, fault: .caller) }
}

extension SessionError: CustomStringConvertible {
    /// The error as a sentence.
    public var description: String {
        switch self {
        case .notFound(let session): "there is no session \(Self.quoted(session))"
        case .conflict(let session, let reason): "session \(Self.quoted(session)): \(reason)"
        case .fenced(let session): "session \(Self.quoted(session)) was taken over by another writer"
        case .turnEnded(let session): "the turn of session \(Self.quoted(session)) has ended"
        case .running(let session): "a turn of session \(Self.quoted(session)) is under way"
        case .nothingToResume(let session):
            "nothing of session \(Self.quoted(session)) is interrupted, or it is being resumed already"
        case .invalidID(_, let reason): reason
        case .invalidValue(let field, let value, let allowed):
            "\(field) is \(Self.quoted(value)); allowed is \(allowed)"
        case .tooLarge(let field, let bytes, let allowed): "\(field) has \(bytes) bytes; allowed are \(allowed)"
        case .damaged(let session, let reason): "session \(Self.quoted(session)) is damaged: \(reason)"
        }
    }

    /// Ids are any text: shortened, and with control characters spelled out, so that none can forge a line of a log.
    private static func quoted(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars.prefix(64) { shown += scalar.escaped(asASCII: false) }
        return "\"\(shown)\(text.unicodeScalars.count > 64 ? "..." : "")\""
    }
}
