/// A conversation that was read from a file, ready to be appended to a log.
public struct ImportedConversation: Sendable, Hashable {
    /// One entry.
    public struct Entry: Sendable, Hashable {
        /// The id that the file has for it; nil if it has none.
        public var id: String?
        /// When it was said, in milliseconds since 1970; nil if the file does not say.
        public var createdAt: Int64?
        /// What it says.
        public var payload: EntryPayload
    }

    /// The id that the file has for the conversation; nil if it has none.
    public var sessionID: String?
    /// Whether the file says that the conversation was interrupted.
    public var isInterrupted = false
    /// When it was, in milliseconds since 1970; nil if the file does not say.
    public var interruptedAt: Int64?
    /// The entries: first what the format has beside messages, then the messages in their order.
    public var entries: [Entry]
    /// The entries as they were stored, which only the format `sage` has; empty in the others.
    public var log: [LogEntry] = []
    /// What was changed.
    public var report: ImportReport

    /// The messages among the entries.
    public var messages: [Message] {
        entries.compactMap { if case .message(let message) = $0.payload { message } else { nil } }
    }
}
