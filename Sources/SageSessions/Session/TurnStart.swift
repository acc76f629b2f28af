/// What came of the wish to begin a turn.
@nonexhaustive
public enum TurnStart: Sendable {
    /// The turn is open, and the caller owns the conversation until it ends.
    case began(OpenTurn)
    /// A turn of the same idempotency key has been completed: the entry that ended it holds the answer.
    case finished(LogEntry)
    /// A turn is under way; with the same idempotency key it is the very one that was asked for.
    case running
    /// The turn of the same idempotency key was interrupted: ``ConversationStore/resume(session:)`` goes on with it.
    case interrupted
}
