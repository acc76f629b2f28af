/// Sends a call elsewhere when it fails in a way that an alternative can mend.
///
/// ```swift
/// let fallback = Fallback()
/// let reply = try await fallback.execute {
///     try await primary.chat(request)
/// } fallback: { error in
///     try await secondary.chat(request)
/// }
/// ```
///
/// What is the request's own fault fails elsewhere too and is thrown as it is, and so is everything that happens
/// after the caller's task was cancelled. Which errors lead to an alternative is decided by their kind
/// (``Fallback/Kind``) or by a predicate of your own. A value type, safe to share between tasks.
///
/// In a pipeline a fallback is such a rule and no more: the alternative comes with the call, and for a call that brings
/// none the rule does nothing.
public struct Fallback: Sendable {
    /// What an alternative is good for.
    @nonexhaustive
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The service is in trouble, or this account cannot use it: any other service will do.
        case general
        /// The request is too long for the model: a model with a longer context will do.
        case contextWindow = "context_window"
        /// A content filter refused: a model with another policy may do.
        case contentPolicy = "content_policy"

        /// The kind of alternative that can mend a kind of error; nil when none can.
        public init?(for errorClass: ErrorClass) {
            switch errorClass {
            case .transient, .rateLimited, .overloaded, .timeout, .authentication, .quotaExhausted, .unknown:
                self = .general
            case .contextWindow:
                self = .contextWindow
            case .contentPolicy:
                self = .contentPolicy
            case .permanent:
                return nil
            }
        }
    }

    /// The name that events carry.
    public let name: String
    private let rules: [Rule]
    /// Whether a pipeline may give it its name.
    private let isAdoptable: Bool

    /// Which errors lead to an alternative, and who is told.
    private struct Rule: Sendable {
        let predicate: @Sendable (any Error) -> Bool
        let emitter: EventEmitter?
    }

    /// Creates a fallback for errors of some kinds.
    ///
    /// - Parameters:
    ///   - name: The name that events carry. Defaults to that of the pipeline, elsewhere to `fallback`.
    ///   - kinds: The kinds of errors that lead to an alternative. Defaults to ``Kind/general``.
    ///   - classifier: Decides the kind of an error.
    ///   - listener: Receives the fallback's events. Defaults to nobody; without a name to that of the pipeline.
    public init(
        _ name: String? = nil,
        for kinds: Set<Kind> = [.general],
        classifier: ErrorClassifier = .default,
        listener: (any ResilienceListener)? = nil
    ) {
        self.init(name, listener: listener) { error in
            Kind(for: classifier.classify(error).errorClass).map(kinds.contains) ?? false
        }
    }

    /// Creates a fallback for errors that a predicate chooses.
    ///
    /// - Parameters:
    ///   - name: The name that events carry. Defaults to that of the pipeline, elsewhere to `fallback`.
    ///   - listener: Receives the fallback's events. Defaults to nobody; without a name to that of the pipeline.
    ///   - predicate: Whether an alternative can mend the error.
    public init(
        _ name: String? = nil,
        listener: (any ResilienceListener)? = nil,
        handling predicate: @escaping @Sendable (any Error) -> Bool
    ) {
        let emitter = EventEmitter.make(PolicyIdentity(.fallback, name ?? "fallback"), listener)
        self.init(
            name: name ?? "fallback", rules: [Rule(predicate: predicate, emitter: emitter)], isAdoptable: name == nil)
    }

    private init(name: String, rules: [Rule], isAdoptable: Bool) {
        self.name = name
        self.rules = rules
        self.isAdoptable = isAdoptable
    }

    /// A fallback for what either handles; the first that handles an error reports it.
    func joined(with other: Fallback) -> Fallback {
        Fallback(name: name, rules: rules + other.rules, isAdoptable: isAdoptable)
    }

    /// The same fallback; one without a name takes the pipeline's, and reports to its listener if it has none.
    func adopted(by pipeline: PipelineEnvironment) -> Fallback {
        guard isAdoptable else { return self }
        let emitter = EventEmitter.make(PolicyIdentity(.fallback, pipeline.name), pipeline.listener)
        let rules = rules.map { Rule(predicate: $0.predicate, emitter: $0.emitter ?? emitter) }
        return Fallback(name: pipeline.name, rules: rules, isAdoptable: false)
    }

    /// Whether an alternative may be tried after an error; never once the caller's task is cancelled.
    public func handles(_ error: any Error) -> Bool {
        rule(for: error) != nil
    }

    private func rule(for error: any Error) -> Rule? {
        Task.isCancelled ? nil : rules.first { $0.predicate(error) }
    }

    /// Whether an alternative takes over after an error; whoever handles it reports it.
    @usableFromInline
    func takesOver(_ alternative: Int, after error: any Error) -> Bool {
        guard let rule = rule(for: error) else { return false }
        rule.emitter?.emit(.fallbackUsed(alternative: alternative, error: error))
        return true
    }

    /// Runs an operation, and the alternative when it fails in a way that this fallback handles.
    ///
    /// - Parameters:
    ///   - operation: What to try first.
    ///   - fallback: What to do after the error of the operation.
    /// - Throws: The operation's own error when it is not handled, else the alternative's.
    @inlinable
    public func execute<Result>(
        _ operation: () async throws -> Result,
        fallback: (any Error) async throws -> Result
    ) async throws -> Result {
        do {
            return try await operation()
        } catch {
            guard takesOver(1, after: error) else { throw error }
            return try await fallback(error)
        }
    }

    /// Tries targets in order until one succeeds or fails in a way that no other can mend.
    ///
    /// - Parameters:
    ///   - targets: The targets, the preferred one first; at least one.
    ///   - operation: Calls one target.
    /// - Returns: The result, and which target gave it.
    /// - Throws: The last target's own error; ``ConfigurationError`` when there is no target.
    @inlinable
    public func execute<Target, Result>(
        over targets: some Collection<Target>,
        _ operation: (Target) async throws -> Result
    ) async throws -> FallbackResult<Result> {
        var errors: [any Error] = []
        for (number, target) in targets.enumerated() {
            do {
                return FallbackResult(value: try await operation(target), target: number, errors: errors)
            } catch {
                guard number + 1 < targets.count, takesOver(number + 1, after: error) else { throw error }
                errors.append(error)
            }
        }
        throw ConfigurationError(field: "targets", value: "empty", allowed: "at least one target")
    }
}

/// The result of a call with alternatives.
public struct FallbackResult<Value> {
    /// What the target answered.
    public let value: Value
    /// The position of the target that answered; 0 is the preferred one.
    public let target: Int
    /// The errors of the targets before it, in order.
    public let errors: [any Error]

    /// Creates a result, for tests of what reads it.
    ///
    /// - Parameters:
    ///   - value: What the target answered.
    ///   - target: The position of the target that answered. Defaults to 0, the preferred one.
    ///   - errors: The errors of the targets before it, in order. Defaults to none.
    public init(value: Value, target: Int = 0, errors: [any Error] = []) {
        self.value = value
        self.target = target
        self.errors = errors
    }
}

extension FallbackResult: Sendable where Value: Sendable {}
