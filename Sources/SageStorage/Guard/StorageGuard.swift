package import SageResilience
import Synchronization

/// The policies of one store: through it runs every operation.
///
/// A retry around a circuit breaker around the attempt, for connecting and for statements. A retry around the whole,
/// for another service, keeps neither from being repeated. A connection that a statement needs and that cannot be made
/// is connecting's own affair: the statement is not repeated for it, and its breaker does not count it. Thread-safe.
package final class StorageGuard: Sendable {
    /// The name of the store.
    package let store: String
    /// How operations are guarded.
    package let policies: StoragePolicies
    /// Guards connecting.
    package let connectBreaker: CircuitBreaker
    /// Guards statements and transactions.
    package let statementBreaker: CircuitBreaker

    private let connectRetry: RetryPolicy
    private let readRetry: RetryPolicy
    private let writeRetry: RetryPolicy
    private let failure = Mutex<StorageError?>(nil)
    private let recovery = Mutex(RecoveryProbe())
    /// Saves a lock while nothing has failed.
    private let hasFailed = Atomic(false)

    /// Creates the policies of a store.
    ///
    /// - Parameters:
    ///   - store: The name of the store.
    ///   - policies: How its operations are guarded.
    /// - Throws: `ConfigurationError` for a value out of range.
    package init(_ store: String, _ policies: StoragePolicies) throws(ConfigurationError) {
        try StorageGuard.validate(policies.connect, "connect")
        try StorageGuard.validate(policies.statements, "statements")
        self.store = store
        self.policies = policies
        let (connect, statements) = ("\(store).connect", "\(store).statements")
        func retry(_ name: String, _ configuration: RetryConfiguration) -> RetryPolicy {
            RetryPolicy(
                name, configuration, clock: policies.clock, random: policies.random, listener: policies.listener)
        }
        func breaker(_ name: String, _ configuration: CircuitBreakerConfiguration) -> CircuitBreaker {
            CircuitBreaker(
                name, configuration, clock: policies.clock, random: policies.random, listener: policies.listener)
        }
        self.connectRetry = retry(connect, try policies.connect.retry(.idempotent))
        self.readRetry = retry(statements, try policies.statements.retry(.idempotent))
        self.writeRetry = retry(statements, try policies.statements.retry(.notIdempotent))
        self.connectBreaker = breaker(connect, try policies.connect.breaker(probes: 1))
        self.statementBreaker = breaker(statements, try policies.statements.breaker(probes: 3))
    }

    private static func validate(_ rule: StoragePolicies.Rule, _ field: String) throws(ConfigurationError) {
        guard rule.timeLimit > .zero else {
            throw ConfigurationError(field: "\(field).timeLimit", value: rule.timeLimit, allowed: "more than 0")
        }
    }

    /// Runs an operation, and again while that is useful and safe.
    ///
    /// - Parameters:
    ///   - kind: What kind of operation it is.
    ///   - probe: Looks whether the server can be reached, without the policies; called at most once a second, when a
    ///     breaker refuses the operation that opened because connections could not be made or broke. When it succeeds the
    ///     breakers are closed. Defaults to nothing: a breaker then stays open for its time.
    ///   - attempt: One attempt; it has to end at the deadline that it is handed.
    /// - Throws: The last error of the operation itself, or a rejection of the breaker.
    package func run<Result>(
        _ kind: StorageOperation, probe: ((Deadline) async throws -> Void)? = nil,
        _ attempt: (Deadline) async throws -> Result
    ) async throws -> Result {
        do {
            return try await guarded(kind, attempt)
        } catch let error as CircuitBreakerError {
            guard let probe, await isBack(probe) else { throw error }
            return try await guarded(kind, attempt)
        } catch var error as StorageError where kind == .connect {
            error.origin = .connecting
            throw error
        }
    }

    private func guarded<Result>(
        _ kind: StorageOperation, _ attempt: (Deadline) async throws -> Result
    ) async throws -> Result {
        let (retry, breaker, rule) =
            switch kind {
            case .connect: (connectRetry, connectBreaker, policies.connect)
            case .read: (readRetry, statementBreaker, policies.statements)
            case .write: (writeRetry, statementBreaker, policies.statements)
            }
        return try await retry.execute {
            let limit = Deadline.after(rule.timeLimit, clock: policies.clock)
            let deadline = Deadline.earlier(CallContext.current.deadline, limit) ?? limit
            // Outside of the breaker: that the caller has no time left is no failure of the store.
            guard deadline.remainingNanoseconds > 0 else {
                var error = StorageError(
                    .timeout, store: store, "the deadline of the call had passed before it began", isNotDone: true)
                error.origin = .callersDeadline
                throw error
            }
            return try await breaker.execute {
                do {
                    let result = try await attempt(deadline)
                    succeeded(kind)
                    return result
                } catch var error as StorageError
                    where error.problem == .timeout && deadline.remainingNanoseconds <= 0
                    && limit.remainingNanoseconds > 0
                {
                    // Five callers in a hurry are no reason to refuse all others.
                    error.origin = .callersDeadline
                    throw error
                } catch {
                    failed(error)
                    throw error
                }
            }
        }
    }

    /// The last failure of the store itself; nil when an operation has succeeded since that shows that it is over.
    package var lastFailure: StorageError? { failure.withLock { $0 } }

    private func succeeded(_ kind: StorageOperation) {
        guard hasFailed.load(ordering: .relaxed) else { return }
        failure.withLock { failure in
            // What can be read says nothing about a disk that takes nothing more.
            if kind != .write, let failure, Self.isAboutWriting(failure.problem) { return }
            failure = nil
            hasFailed.store(false, ordering: .relaxed)
        }
    }

    private func isBack(_ probe: (Deadline) async throws -> Void) async -> Bool {
        let breakers = [connectBreaker, statementBreaker]
        // Nothing to be learnt by connecting where it was something else; and nobody undoes what an operator has done.
        guard lastFailure?.classification.isConnection == true, !breakers.contains(where: { $0.state == .forcedOpen }),
            recovery.withLock({ $0.begin() })
        else { return false }
        defer { recovery.withLock { $0.end(policies.clock) } }
        let limit = Deadline.after(policies.connect.timeLimit, clock: policies.clock)
        do {
            try await probe(Deadline.earlier(CallContext.current.deadline, limit) ?? limit)
        } catch {
            return false
        }
        for breaker in breakers { breaker.reset() }
        return true
    }

    private static func isAboutWriting(_ problem: StorageError.Problem) -> Bool {
        problem == .full || problem == .readOnly
    }

    private func failed(_ error: any Error) {
        guard let error = error as? StorageError, Self.isTroubleOfStore(error.problem) else { return }
        failure.withLock { failure in
            failure = error
            hasFailed.store(true, ordering: .relaxed)
        }
    }

    /// Whether it is for an operator to know, whoever's fault it is by the breaker's terms.
    private static func isTroubleOfStore(_ problem: StorageError.Problem) -> Bool {
        switch problem {
        case .constraint, .statement, .value, .serialization, .closed: false
        default: true
        }
    }
}

extension StorageGuard: HealthReporting {
    package var name: String { store }

    /// The worse of the two breakers; the reason is the last failure's, and one that does not pass by itself is as bad
    /// as an open breaker.
    package var health: ServiceHealth {
        let (connecting, statements) = (connectBreaker.health, statementBreaker.health)
        var health = connecting.status > statements.status ? connecting : statements
        if let failure = lastFailure {
            let isPassing = failure.classification.errorClass.retryability != .permanent
            if health.status == .healthy { health.state = "failing" }
            health.status = Swift.max(health.status, isPassing ? .degraded : .unhealthy)
            health.reason = failure.description
        }
        return health
    }
}
