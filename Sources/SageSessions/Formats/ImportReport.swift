/// What an import brought and what it changed.
public struct ImportReport: Sendable, Hashable {
    /// Something that is not as it was in the file.
    public struct Change: Sendable, Hashable, CustomStringConvertible {
        /// The kinds of changes.
        @nonexhaustive
        public enum Kind: String, Sendable, Hashable, CaseIterable {
            /// NUL characters or broken Unicode were cleaned.
            case cleanedText = "cleaned_text"
            /// `NaN` or an infinity became null.
            case notFiniteNumber = "not_finite_number"
            /// A message of a shape that is not known is kept and shown in no view.
            case unknownMessage = "unknown_message"
            /// A call or a result without an id got one.
            case missingCallID = "missing_call_id"
            /// The older `function_call` and role `function` became a tool call and a result.
            case legacyFunction = "legacy_function"
            /// A line that cannot be read was left out.
            case brokenLine = "broken_line"
            /// The last line ends within a value and was left out.
            case tornLine = "torn_line"
            /// An entry whose checksum is wrong was left out.
            case wrongChecksum = "wrong_checksum"
            /// An entry that was there already was left out.
            case duplicateEntry = "duplicate_entry"
            /// A line that holds no message was left out.
            case skippedLine = "skipped_line"
            /// The parent that a line names is not in the file; lines count in their order.
            case danglingParent = "dangling_parent"
            /// Entries are missing between two others, or at the end.
            case missingEntries = "missing_entries"
            /// The file holds fewer messages than the conversation had.
            case missingMessages = "missing_messages"
            /// An id was refused, and the entry gets another one.
            case refusedID = "refused_id"
        }

        /// What was changed.
        public var kind: Kind
        /// Where: a field's path or a line.
        public var place: String

        /// The text for people.
        public var description: String { "\(place): \(kind.rawValue)" }
    }

    /// The format.
    public var format: ConversationFormat
    /// How many messages, or entries, were read.
    public var count = 0
    /// What was cleaned.
    public var cleaning = CleaningReport()
    /// The first 1,000 changes.
    public private(set) var changes: [Change] = []
    /// How many changes there are of each kind.
    public private(set) var changeCounts: [Change.Kind: Int] = [:]

    init(_ format: ConversationFormat) { self.format = format }

    mutating func add(_ kind: Change.Kind, at place: String, count: Int = 1) {
        guard count > 0 else { return }
        changeCounts[kind, default: 0] += count
        if changes.count < 1_000 { changes.append(Change(kind: kind, place: place)) }
    }
}
