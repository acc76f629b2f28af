/// What a list tells about a conversation.
public struct SessionSummary: Sendable, Hashable {
    /// The id, exactly as it was given.
    public var id: String
    /// What it is doing, as of the moment of the question.
    public var state: SessionState
    /// When it was created, in milliseconds since 1970.
    public var created: Int64
    /// When something was last written to it, in milliseconds since 1970.
    public var updated: Int64
    /// How many messages it holds, answers included.
    public var messageCount: Int
    /// How many bytes its entries have.
    public var bytes: Int64
    /// The sequence number of the latest entry; 0 for none.
    public var lastSequence: Int64
    /// How many times the conversation has changed hands.
    public var epoch: Int64
}

/// One page of a list of conversations.
public struct SessionPage: Sendable, Hashable {
    /// The conversations, the newest first.
    public var sessions: [SessionSummary]
    /// Where the next page begins; nil on the last one.
    public var nextCursor: String?
}
