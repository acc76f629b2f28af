import Logging
import SageResilience
import SageStorage
import Synchronization

/// Whether a store works, by what its own operations have seen, and told in the log when that changes.
///
/// A failure lasts until an operation of the same use has succeeded after it: that reading works says nothing about a
/// full disk, and that another store of the same database works says nothing about this one.
final class StoreCondition: Sendable {
    /// What a store is used for.
    enum Use: String, Sendable, CaseIterable {
        case opening
        case reading
        case writing
    }

    private struct State {
        var failures: [Use: any Error] = [:]
        var since: Moment?
        /// When the log was last told that it is down; nil while that is not so.
        var warned: Moment?
        var lastWarning: Moment?
    }

    /// How often the log is told of a store that fails and works by turns.
    private static let quiet = Duration.seconds(10)

    private let name: String
    private let timeline: Timeline
    private let logger: Logger
    private let state = Mutex(State())
    /// Saves a lock while nothing has failed.
    private let hasFailed = Atomic(false)

    /// - Parameters:
    ///   - name: What the store is for.
    ///   - clock: Measures how long it was away.
    ///   - logger: Is told when the store goes away and comes back.
    init(_ name: String, clock: any Clock<Duration> = ContinuousClock(), logger: Logger) {
        self.name = name
        self.timeline = Timeline(clock)
        self.logger = logger
    }

    /// The failure that lasts; nil while everything works.
    var failure: (any Error)? {
        guard hasFailed.load(ordering: .acquiring) else { return nil }
        return state.withLock { state in Use.allCases.compactMap { state.failures[$0] }.first }
    }

    /// Whether a use of the store fails for a reason that may pass by itself.
    func mayPass(_ use: Use) -> Bool {
        guard hasFailed.load(ordering: .acquiring), let failure = state.withLock({ $0.failures[use] }) else {
            return false
        }
        guard let failure = failure as? StorageError else { return true }
        return failure.isOutcomeUnknown || failure.classification.errorClass.retryability != .permanent
    }

    /// Whether the database is of no more use: its file is another one by now, or it was closed for that.
    var isGone: Bool {
        guard hasFailed.load(ordering: .acquiring) else { return false }
        return state.withLock { state in
            state.failures.values.contains { failure in
                let problem = (failure as? StorageError)?.problem
                return problem == .replaced || problem == .closed
            }
        }
    }

    /// An operation has thrown something, which may be no trouble of the store at all.
    func noticed(_ use: Use, _ error: any Error) {
        if Self.isTrouble(error) { failed(use, error) }
    }

    /// The store is open: what failed before is over.
    func opened() {
        for use in Use.allCases { succeeded(use) }
    }

    /// Something has failed.
    func failed(_ use: Use, _ error: any Error) {
        let now = timeline.now
        let isNew = state.withLock { state in
            // What the database said tells more than that it is left alone since.
            if state.failures[use] == nil || !(error is any ResilienceRejection) { state.failures[use] = error }
            hasFailed.store(true, ordering: .releasing)
            if state.since == nil { state.since = now }
            guard state.warned == nil else { return false }
            if let last = state.lastWarning, now.elapsed(since: last) < Self.quiet.saturatingNanoseconds {
                return false
            }
            state.warned = now
            state.lastWarning = now
            return true
        }
        guard isNew else { return }
        logger.warning(
            "store cannot be used",
            metadata: [
                "store": .string(name), "use": .string(use.rawValue), "error": .string(Self.describe(error)),
            ])
    }

    /// An operation has succeeded.
    func succeeded(_ use: Use) {
        guard hasFailed.load(ordering: .acquiring) else { return }
        let now = timeline.now
        let elapsed = state.withLock { state -> Int64? in
            state.failures[use] = nil
            guard state.failures.isEmpty else { return nil }
            hasFailed.store(false, ordering: .releasing)
            defer { (state.since, state.warned) = (nil, nil) }
            guard state.warned != nil, let since = state.since else { return nil }
            return now.elapsed(since: since)
        }
        guard let elapsed else { return }
        logger.notice(
            "store works again",
            metadata: ["store": .string(name), "down_ms": .stringConvertible(elapsed / 1_000_000)])
    }

    /// Whether an error is for an operator to know.
    ///
    /// A statement that the database does not understand is: all statements are Sage's own, so its tables are missing.
    private static func isTrouble(_ error: any Error) -> Bool {
        guard let error = error as? StorageError else { return error is any ResilienceRejection }
        // A caller that comes too late has not asked the store anything.
        if error.origin == .callersDeadline, error.isNotDone { return false }
        switch error.problem {
        case .constraint, .value, .serialization: return false
        default: return true
        }
    }

    /// What an operator is told: errors of stores hold no secrets.
    static func describe(_ error: any Error) -> String {
        switch error {
        case let error as StorageError: error.description
        case let error as any ResilienceRejection: error.description
        case let error as ConfigurationError: error.description
        default: "\(type(of: error))"
        }
    }
}
