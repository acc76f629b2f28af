/// The rules by which providers refuse a list of messages.
public enum ViewLegality {
    /// Whose rules.
    public enum Rules: String, Sendable, Hashable, CaseIterable {
        /// Chat Completions.
        case openAI
        /// Messages; `tool` messages count as user messages there, `system` messages stand outside.
        case anthropic
    }

    /// A rule that is broken.
    public struct Violation: Sendable, Hashable, CustomStringConvertible {
        /// The message's place in the list, from 0.
        public var index: Int
        /// What is wrong, in a few words without content.
        public var what: String

        /// The text for people.
        public var description: String { "messages[\(index)]: \(what)" }
    }

    /// Checks a list of messages.
    ///
    /// - Parameters:
    ///   - messages: The messages.
    ///   - rules: Whose rules.
    /// - Returns: What is wrong; empty if the provider takes them.
    public static func violations(in messages: [Message], rules: Rules) -> [Violation] {
        var checker = LegalityChecker(rules: rules)
        for (index, message) in messages.enumerated() {
            checker.check(message, next: index + 1 < messages.count ? messages[index + 1] : nil, at: index)
        }
        return checker.violations
    }

    /// Checks a list of messages by all rules.
    ///
    /// - Parameter messages: The messages.
    /// - Returns: What is wrong; empty if every provider takes them.
    public static func violations(in messages: [Message]) -> [Violation] {
        Rules.allCases.flatMap { violations(in: messages, rules: $0) }
    }
}
