/// Something that a view shows differently from the log, so that a provider takes it.
public struct ViewRepair: Sendable, Hashable {
    /// The kinds of repairs, few and fixed: they may be the label of a metric.
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A call without a result got an error as its result.
        case synthesizedResult = "synthesized_result"
        /// A call without a result was left out.
        case droppedCall = "dropped_call"
        /// A result without a call was left out.
        case orphanResult = "orphan_result"
        /// A second result of one call was left out.
        case duplicateResult = "duplicate_result"
        /// A result was moved next to its call.
        case movedResult = "moved_result"
        /// A call got another id: its own is used already, or no provider takes it.
        case renamedCall = "renamed_call"
        /// A tool got another name, since no provider takes its own; a call without a name was left out.
        case renamedTool = "renamed_tool"
        /// Arguments that are no JSON object were wrapped in one.
        case brokenArguments = "broken_arguments"
        /// A call that was recorded before it ran, and in no message, got a message.
        case recoveredCall = "recovered_call"
        /// The part of an answer that had been received is shown as an interrupted answer.
        case partialAnswer = "partial_answer"
        /// An answer that stands in the log twice is shown once.
        case duplicateAnswer = "duplicate_answer"
        /// Thoughts without a signature, or at the end of an answer, were left out.
        case droppedThinking = "dropped_thinking"
        /// A part that no message of its role may have was left out.
        case misplacedPart = "misplaced_part"
        /// A message without content was left out.
        case emptyMessage = "empty_message"
        /// Messages of one role in a row became one.
        case mergedMessages = "merged_messages"
        /// A conversation that begins with an answer got a user message before it.
        case missingBeginning = "missing_beginning"
        /// White space at the end of a last, unfinished answer was taken away.
        case trimmedAnswer = "trimmed_answer"
        /// An entry whose payload cannot be read was left out.
        case unreadableEntry = "unreadable_entry"
    }

    /// What was done.
    public var kind: Kind
    /// The place of the entry that it is about.
    public var seq: Int64

    /// Creates a repair.
    ///
    /// - Parameters:
    ///   - kind: What was done.
    ///   - seq: The place of the entry.
    public init(_ kind: Kind, seq: Int64) {
        self.kind = kind
        self.seq = seq
    }
}
