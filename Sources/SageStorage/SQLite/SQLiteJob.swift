import SageResilience
import Synchronization

/// An operation that somebody waits for, whatever its result.
protocol SQLiteWork: Sendable {
    var interruption: SQLiteInterruption { get }
    /// Takes the right to run the operation; false when nobody waits for it any more.
    func begin() -> Bool
    /// Runs the closure; may happen again when a neighbour undid the transaction.
    ///
    /// - Returns: Whether its changes are to be kept.
    func perform(_ session: SQLiteSession) -> Bool
    /// Answers with what the closure returned or threw.
    func deliver()
    /// Answers with an error.
    func fail(_ error: any Error)
}

/// One read or write and the task that waits for it.
final class SQLiteJob<Value: Sendable>: SQLiteWork, Sendable {
    private enum State {
        case new
        /// Answered before anybody waited.
        case refused(any Error)
        case waiting(CheckedContinuation<Value, any Error>)
        case running(CheckedContinuation<Value, any Error>)
        case answered
    }

    let interruption: SQLiteInterruption
    private let body: @Sendable (SQLiteSession) throws -> Value
    private let state = Mutex(State.new)
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    init(deadline: Deadline, _ body: @escaping @Sendable (SQLiteSession) throws -> Value) {
        self.interruption = SQLiteInterruption(deadline: deadline)
        self.body = body
    }

    /// Waits for the answer.
    ///
    /// Cancelling answers at once while the job waits; while it runs, it stops the statement, and the transaction's end
    /// decides: what has been committed is a success.
    ///
    /// - Parameter submit: Hands the job to a connection.
    func value(_ submit: (SQLiteJob) -> Void) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal = state.withLock { state -> (any Error)? in
                    if case .refused(let error) = state { return error }
                    state = .waiting(continuation)
                    return nil
                }
                if let refusal {
                    continuation.resume(throwing: refusal)
                } else {
                    submit(self)
                }
            }
        } onCancel: {
            interruption.cancel()
            let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
                switch state {
                case .new:
                    state = .refused(CancellationError())
                    return nil
                case .waiting(let continuation):
                    state = .answered
                    return continuation
                case .refused, .running, .answered:
                    return nil
                }
            }
            waiting?.resume(throwing: CancellationError())
        }
    }

    /// ``value(_:)``, except that a job that still waits at the deadline of the call is answered then.
    ///
    /// One that runs ends by its interruption. The store's own limit needs no timer: what runs before the job has one.
    ///
    /// - Parameters:
    ///   - limit: The deadline of the call; nil for none.
    ///   - clock: The clock to wait by.
    ///   - error: The answer.
    func value(
        until limit: Deadline?, clock: any Clock<Duration>, otherwise error: StorageError,
        _ submit: (SQLiteJob) -> Void
    ) async throws -> Value {
        guard let limit else { return try await value(submit) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await clock.sleep(for: limit.remaining) } catch { return }
                self.answerIfWaiting(error)
            }
            defer { group.cancelAll() }
            return try await value(submit)
        }
    }

    /// Answers a job that does not run, now or as soon as somebody waits for it.
    func answerIfWaiting(_ error: StorageError) {
        let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .new:
                // The timer has overtaken the job, which would then wait for others beyond the deadline.
                state = .refused(error)
                return nil
            case .waiting(let continuation):
                state = .answered
                return continuation
            case .refused, .running, .answered:
                return nil
            }
        }
        waiting?.resume(throwing: error)
    }

    func begin() -> Bool {
        state.withLock { state in
            switch state {
            case .waiting(let continuation):
                state = .running(continuation)
                return true
            case .running: return true
            case .new, .refused, .answered: return false
            }
        }
    }

    func perform(_ session: SQLiteSession) -> Bool {
        let result = Result { try body(session) }
        session.end()
        let final: Result<Value, any Error>
        if session.failure != nil, interruption.reason == .cancelled {
            final = .failure(CancellationError())
        } else if case .success = result, let failure = session.failure {
            // Caught by the closure; the transaction is undone all the same.
            final = .failure(failure)
        } else {
            final = result
        }
        outcome.withLock { $0 = final }
        if case .success = final { return true }
        return false
    }

    func deliver() {
        guard let result = outcome.withLock({ $0 }) else { return }
        takeContinuation()?.resume(with: result)
    }

    func fail(_ error: any Error) { takeContinuation()?.resume(throwing: error) }

    private func takeContinuation() -> CheckedContinuation<Value, any Error>? {
        state.withLock { state in
            switch state {
            case .waiting(let continuation), .running(let continuation):
                state = .answered
                return continuation
            case .new, .refused, .answered:
                return nil
            }
        }
    }
}
