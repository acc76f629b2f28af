/// How a view is made from a log.
public struct ViewPolicy: Sendable, Hashable {
    /// What becomes of a tool call without a result.
    public enum UnfinishedCalls: String, Sendable, Hashable, CaseIterable {
        /// It gets an error as its result: interrupted; may or may not have run.
        case synthesize
        /// It is left out of the view.
        case dropPair
        /// As ``synthesize``, and the view says that somebody has to decide: ``ConversationView/needsDecision``.
        case ask
        /// As ``synthesize``, and the view names the calls that may run again: ``ConversationView/callsToRerun``.
        case rerunIfRepeatable
    }

    /// What becomes of a tool call without a result.
    public var unfinishedCalls: UnfinishedCalls
    /// Whether messages of one role in a row become one, as protocols with alternating roles need it.
    public var mergesRoles: Bool
    /// The formats of raw parts that the reader of the view understands; others are left out.
    public var rawFormats: Set<String>

    /// Creates a policy.
    ///
    /// - Parameters:
    ///   - unfinishedCalls: What becomes of a tool call without a result. Defaults to an error as its result.
    ///   - mergesRoles: Whether messages of one role in a row become one. Defaults to true.
    ///   - rawFormats: The formats of raw parts to keep. Defaults to none.
    public init(
        unfinishedCalls: UnfinishedCalls = .synthesize, mergesRoles: Bool = true, rawFormats: Set<String> = []
    ) {
        self.unfinishedCalls = unfinishedCalls
        self.mergesRoles = mergesRoles
        self.rawFormats = rawFormats
    }
}
