/// What a conversation is doing.
@nonexhaustive
public enum SessionState: String, Sendable, Hashable, CaseIterable {
    /// A turn is under way, and its owner lives.
    case running
    /// Nothing is under way.
    case idle
    /// A turn is unfinished and nobody works on it: its process died, or gave it up.
    case interrupted
}
