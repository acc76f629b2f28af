/// One rule of an ``ErrorClassifier``: the class of some errors, and nothing about all others.
///
/// ```swift
/// let classifier = ErrorClassifier {
///     ErrorRule(for: PaymentError.self) { $0 == .cardDeclined ? ErrorClassification(.permanent) : nil }
///     ErrorRule.sqlState(of: PostgresError.self) { $0.sqlState }
///     ErrorRule(matching: "connection reset", "broken pipe", as: .transient)
/// }
/// ```
///
/// A value type, safe to share.
public struct ErrorRule: Sendable {
    private enum Body: Sendable {
        case closure(@Sendable (any Error) -> ErrorClassification?)
        case text(TextPatterns)
    }

    private let body: Body

    // MARK: By type and by predicate

    /// A rule for every error.
    ///
    /// - Parameter classify: Returns nil for errors about which it says nothing. Called from any thread, never under a
    ///   lock.
    public init(_ classify: @escaping @Sendable (any Error) -> ErrorClassification?) {
        body = .closure(classify)
    }

    /// A rule for the errors of one type.
    ///
    /// - Parameters:
    ///   - type: The type; may be a protocol.
    ///   - classify: Returns nil for errors about which it says nothing. Called from any thread, never under a lock.
    public init<E>(for type: E.Type, _ classify: @escaping @Sendable (E) -> ErrorClassification?) {
        body = .closure { error in (error as? E).flatMap(classify) }
    }

    /// A rule that gives all errors of one type the same class.
    ///
    /// - Parameters:
    ///   - type: The type; may be a protocol.
    ///   - errorClass: The class of its errors.
    public init<E>(for type: E.Type, as errorClass: ErrorClass) {
        body = .closure { error in error is E ? ErrorClassification(errorClass) : nil }
    }

    /// A rule that gives the errors that satisfy a condition the same class.
    ///
    /// - Parameters:
    ///   - condition: Called from any thread, never under a lock.
    ///   - errorClass: The class of the errors for which it holds.
    public init(where condition: @escaping @Sendable (any Error) -> Bool, as errorClass: ErrorClass) {
        body = .closure { error in condition(error) ? ErrorClassification(errorClass) : nil }
    }

    // MARK: By code

    /// A rule for errors that carry the status of an HTTP answer.
    ///
    /// - Parameters:
    ///   - type: The type of the errors.
    ///   - retryAfter: The wait that the server asked for. Defaults to none.
    ///   - status: The status; nil when the error has none.
    public static func httpStatus<E>(
        of type: E.Type, retryAfter: @escaping @Sendable (E) -> Duration? = { _ in nil },
        _ status: @escaping @Sendable (E) -> Int?
    ) -> ErrorRule {
        ErrorRule(for: type) { error in
            status(error).map { ErrorClassification(httpStatus: $0, retryAfter: retryAfter(error)) }.ifKnown
        }
    }

    /// A rule for errors that carry a SQLSTATE; see ``SQLStateError`` for types of your own.
    ///
    /// - Parameters:
    ///   - type: The type of the errors.
    ///   - sqlState: The five characters; nil when the error has none.
    public static func sqlState<E>(
        of type: E.Type, _ sqlState: @escaping @Sendable (E) -> String?
    ) -> ErrorRule {
        ErrorRule(for: type) { error in sqlState(error).map { ErrorClassification(sqlState: $0) }.ifKnown }
    }

    /// A rule for errors that carry a number of the operating system (`errno`).
    ///
    /// - Parameters:
    ///   - type: The type of the errors.
    ///   - isConnecting: Whether the error came while the connection was made, so that nothing was sent. Defaults to
    ///     no.
    ///   - code: The number; nil when the error has none.
    public static func errno<E>(
        of type: E.Type, isConnecting: @escaping @Sendable (E) -> Bool = { _ in false },
        _ code: @escaping @Sendable (E) -> Int32?
    ) -> ErrorRule {
        ErrorRule(for: type) { error in
            code(error).map { ErrorClassification(errno: $0, isConnecting: isConnecting(error)) }.ifKnown
        }
    }

    // MARK: By text, the last resort

    /// A rule for errors whose text holds one of some phrases.
    ///
    /// The text is the name of the error's type and its own description; of an error without one, the name of the case
    /// and fields such as `message`. Its first 4,096 bytes are searched. Phrases are found at word boundaries,
    /// regardless of the case of ASCII letters; white space, `_` and `-` are alike. An error that classifies itself
    /// (``ClassifiedError``) is not read, and no text makes an error count as not sent. Put such rules last.
    ///
    /// - Parameters:
    ///   - phrases: What to look for.
    ///   - errorClass: The class of the errors that say it.
    public init(matching phrases: String..., as errorClass: ErrorClass) {
        body = .text(TextPatterns([.init(errorClass: errorClass, phrases: phrases)]))
    }

    /// The built-in phrases: rate limits, time-outs, connections, server errors, credentials, quotas, lengths, content
    /// filters, and HTTP statuses where the text says that they are some.
    ///
    /// Read as ``init(matching:as:)`` reads. Words that are as likely to be quoted ("not found", "forbidden") count
    /// only outside quotation marks.
    public static let textPatterns = ErrorRule(.services)

    init(_ patterns: TextPatterns) {
        body = .text(patterns)
    }

    // MARK: Asking

    /// What the rule says about an error; nil when it says nothing.
    func classification(of evidence: inout ErrorEvidence) -> ErrorClassification? {
        switch body {
        case .closure(let classify): classify(evidence.error)
        case .text(let patterns): evidence.classification(by: patterns)
        }
    }
}

/// An error and what has been found out about it while rules were tried.
struct ErrorEvidence {
    let error: any Error
    private var text: FoldedText?
    private var isSelfClassified: Bool?

    init(_ error: any Error) {
        self.error = error
    }

    mutating func classification(by patterns: TextPatterns) -> ErrorClassification? {
        let classified = error as? any ClassifiedError
        let isKnown = isSelfClassified ?? (classified.map { $0.classification.errorClass != .unknown } ?? false)
        isSelfClassified = isKnown
        guard !isKnown else { return nil }
        let text = self.text ?? ErrorText.folded(error)
        self.text = text
        guard var classification = patterns.classification(of: text) else { return nil }
        // What the error knows beside its class remains true.
        if let own = classified?.classification {
            classification.hint = own.hint
            classification.isNotSent = own.isNotSent
            classification.isConnection = classification.isConnection || own.isConnection
        }
        return classification
    }
}

extension ErrorClassification? {
    /// Nil for a code that is not known, so that further rules are asked.
    fileprivate var ifKnown: ErrorClassification? {
        self?.errorClass == .unknown ? nil : self
    }
}

/// Collects the rules of an ``ErrorClassifier`` in order.
@resultBuilder
public enum ErrorRuleBuilder {
    /// Adds a rule.
    public static func buildExpression(_ rule: ErrorRule) -> [ErrorRule] { [rule] }

    /// Joins the rules of a block.
    public static func buildBlock(_ rules: [ErrorRule]...) -> [ErrorRule] { rules.flatMap(\.self) }

    /// Supports `if` without `else`.
    public static func buildOptional(_ rules: [ErrorRule]?) -> [ErrorRule] { rules ?? [] }

    /// Supports `if` and `switch`.
    public static func buildEither(first rules: [ErrorRule]) -> [ErrorRule] { rules }

    /// Supports `else` and `switch`.
    public static func buildEither(second rules: [ErrorRule]) -> [ErrorRule] { rules }

    /// Supports `for`.
    public static func buildArray(_ rules: [[ErrorRule]]) -> [ErrorRule] { rules.flatMap(\.self) }
}
