/// The messages of a conversation as a provider takes them: a pure function of the log.
///
/// Whatever the log holds, the view is legal for OpenAI's and for Anthropic's rules (see ``ViewLegality``): each tool
/// call has exactly one result in the next message, results without a call are left out, ids of calls are unique, parts
/// stand where their role may have them, no message is empty. The log is never changed; what the view shows differently
/// is listed in ``repairs``.
///
/// **Stability.** The same entries give the same view. When entries are appended, the first ``stableCount`` messages stay
/// as they are, which providers' caches of prompts live on. What may change is the end: the last message may grow, the
/// results of the last answer's calls may still come and replace synthetic ones, a partial answer is replaced by the whole
/// one. A compaction, and lifting one, changes the view from the covered range on.
public struct ConversationView: Sendable, Hashable {
    /// The messages, oldest first.
    public let messages: [Message]
    /// What is shown differently from the log, in the order in which it was done.
    public let repairs: [ViewRepair]
    /// The calls of the last answer that have no result.
    public let unfinishedCalls: [UnfinishedCall]
    /// How many messages at the start stay as they are when entries are appended that are neither compactions nor
    /// records that lift one.
    public let stableCount: Int
    /// The policy by which the view was made.
    public let policy: ViewPolicy

    /// What a synthetic result says.
    public static let interruptedText = "interrupted; may or may not have run"
    /// What stands for a beginning that is missing.
    public static let missingBeginningText = "(The beginning of this conversation is missing.)"

    /// Makes a view of entries that were read.
    ///
    /// - Parameters:
    ///   - entries: The entries; their order is that of their places, and of two at one place the first counts.
    ///   - policy: How. Defaults to synthetic results and alternating roles.
    public init(entries: [DecodedEntry], policy: ViewPolicy = ViewPolicy()) {
        self.init(entries: entries, unreadable: [], policy: policy)
    }

    /// Makes a view of entries as they are stored; one that cannot be read is left out and reported.
    ///
    /// - Parameters:
    ///   - entries: The entries; their checksums are the business of who loaded them.
    ///   - policy: How. Defaults to synthetic results and alternating roles.
    public init(entries: [LogEntry], policy: ViewPolicy = ViewPolicy()) {
        var decoded: [DecodedEntry] = []
        decoded.reserveCapacity(entries.count)
        var unreadable: [Int64] = []
        for entry in entries {
            if let entry = try? entry.decoded() { decoded.append(entry) } else { unreadable.append(entry.seq) }
        }
        self.init(entries: decoded, unreadable: unreadable, policy: policy)
    }

    private init(entries: [DecodedEntry], unreadable: [Int64], policy: ViewPolicy) {
        var unfolding = ViewUnfolding()
        for entry in ViewCompaction.apply(to: entries) { unfolding.add(entry) }
        let items = unfolding.finish()
        var pairing = ViewPairing(
            policy: policy, repairs: unreadable.map { ViewRepair(.unreadableEntry, seq: $0) } + unfolding.repairs)
        for item in items { pairing.add(item) }
        var writer = ViewWriter(policy: policy, repairs: pairing.repairs)
        for (index, block) in pairing.blocks.enumerated() {
            writer.add(block, isLastAnswer: index == pairing.lastAnswer, isStableEdge: index == pairing.lastFirmAnswer)
        }
        writer.finish()
        messages = writer.messages
        repairs = writer.repairs
        unfinishedCalls = writer.unfinished
        stableCount = writer.stableCount
        self.policy = policy
    }

    /// Whether somebody has to decide about ``unfinishedCalls`` before the conversation goes on.
    public var needsDecision: Bool { policy.unfinishedCalls == .ask && !unfinishedCalls.isEmpty }

    /// The calls that may run again before the conversation goes on; record their results, and the view takes those.
    public var callsToRerun: [UnfinishedCall] {
        policy.unfinishedCalls == .rerunIfRepeatable ? unfinishedCalls.filter(\.isRepeatable) : []
    }

    /// How often each repair was made.
    public var repairCounts: [ViewRepair.Kind: Int] {
        repairs.reduce(into: [:]) { $0[$1.kind, default: 0] += 1 }
    }
}
