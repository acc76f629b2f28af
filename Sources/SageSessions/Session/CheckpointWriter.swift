import SageResilience
import Synchronization

/// Writes the pieces of a streaming answer beside the stream, which never waits for it.
///
/// Made by ``OpenTurn/withCheckpoints(pacer:onFailure:_:)``. Thread-safe.
public final class CheckpointWriter: Sendable {
    /// A piece under a name, by which it is there once, however often it is tried.
    fileprivate struct Batch {
        let id: String
        let text: String
        /// When it is tried.
        var due: Duration
    }

    fileprivate struct State {
        var pacer: CheckpointPacer
        /// What is being written, or waits to be tried again; what was sent since comes after it.
        var batch: Batch?
        var isFinished = false
        var failures = 0
        var failure: (any Error)?
        /// The writer waits for something to come, or for its time.
        var wake: Task<Void, Never>?
    }

    /// How long one write may take: a database that hangs must not hold the end of the turn up for long.
    private static let writeLimit = Duration.seconds(5)

    private let turn: OpenTurn
    private let onFailure: @Sendable (any Error) -> Void
    private let state: Mutex<State>
    private let now: @Sendable () -> Duration
    private let sleep: @Sendable (Duration) async throws -> Void

    init(_ turn: OpenTurn, _ pacer: CheckpointPacer, onFailure: @escaping @Sendable (any Error) -> Void) {
        self.turn = turn
        self.onFailure = onFailure
        self.state = Mutex(State(pacer: pacer))
        (self.now, self.sleep) = Self.time(turn.store.environment.clock)
    }

    private static func time<C: Clock<Duration>>(
        _ clock: C
    ) -> (@Sendable () -> Duration, @Sendable (Duration) async throws -> Void) {
        let origin = clock.now
        return ({ origin.duration(to: clock.now) }, { try await clock.sleep(for: $0, tolerance: nil) })
    }

    /// Takes a piece that the client was sent; returns at once.
    ///
    /// - Parameter text: The piece.
    public func sent(_ text: String) {
        let now = now()
        state.withLock { state in
            guard !state.isFinished, !text.isEmpty else { return }
            let wasEmpty = state.pacer.deadline == nil
            if state.pacer.add(text, at: now) || wasEmpty { state.kick() }
        }
    }

    /// Lets go of what waits, because the whole answer is written next; pieces that come later are kept again.
    public func discard() {
        state.withLock { $0.drop() }
    }

    /// Why the last write failed; nil when it did not.
    ///
    /// A passing failure is tried again, ``SessionError/fenced(session:)`` is not: then the stream has no conversation
    /// any more to write to.
    public var failure: (any Error)? { state.withLock { $0.failure } }

    // MARK: - Writing

    /// Writes until ``finish()`` says that there is nothing more to come; being cancelled alone does not end it, for what
    /// was sent is to be kept all the same.
    func run() async {
        while let wait = next() {
            switch wait {
            case .write(let text): await write(text)
            case .sleep(let task): await task.value
            }
        }
    }

    /// Lets what waits be written at once, and the writer end.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            state.kick()
        }
    }

    private enum Step {
        case write(Batch)
        case sleep(Task<Void, Never>)
    }

    /// What to do next; nil when everything is done.
    private func next() -> Step? {
        let now = now()
        return state.withLock { state in
            state.wake = nil
            if state.failure is SessionError { return state.isFinished ? nil : .sleep(state.sleep(nil, sleep)) }
            if state.batch == nil, state.pacer.isDue(at: now) || state.isFinished {
                let text = state.pacer.take()
                if !text.isEmpty { state.batch = Batch(id: turn.nextName(), text: text, due: now) }
            }
            if let batch = state.batch, batch.due <= now || state.isFinished { return .write(batch) }
            if state.isFinished { return nil }
            return .sleep(state.sleep((state.batch?.due ?? state.pacer.deadline).map { $0 - now }, sleep))
        }
    }

    private func write(_ batch: Batch) async {
        do {
            let limit = Deadline.after(Self.writeLimit, clock: turn.store.environment.clock)
            try await CallContext.with(deadline: limit) {
                try await turn.checkpoint(uncancelled: batch.text, id: batch.id)
            }
            state.withLock { state in
                state.batch = nil
                state.failure = nil
                state.failures = 0
            }
        } catch {
            let now = now()
            let isNew = state.withLock { state in
                defer { state.failures += 1 }
                state.failure = error
                // What is left at the end stands in the answer with which the turn ends, or is lost with the process.
                if state.isFinished {
                    state.drop()
                } else {
                    state.batch?.due = now + state.pacer.delay * (2 << min(state.failures, 4))
                }
                return state.failures == 0 || error is SessionError
            }
            if isNew { onFailure(error) }
        }
    }
}

extension CheckpointWriter.State {
    /// Lets go of what waits.
    fileprivate mutating func drop() {
        _ = pacer.take()
        batch = nil
    }

    /// Ends the writer's wait.
    fileprivate mutating func kick() {
        wake?.cancel()
    }

    /// Waits for a time, or without one until it is cancelled; ``kick()`` cancels it.
    fileprivate mutating func sleep(
        _ time: Duration?, _ sleep: @escaping @Sendable (Duration) async throws -> Void
    ) -> Task<Void, Never> {
        let task = Task { () -> Void in
            _ = try? await sleep(time ?? .seconds(86_400))
        }
        wake = task
        return task
    }
}

extension OpenTurn {
    /// Runs the reading of a stream with a writer beside it that keeps what was sent, durable within 500 ms.
    ///
    /// ```swift
    /// try await openTurn.withCheckpoints { checkpoints in
    ///     for try await piece in answer {
    ///         print(piece)  // or whatever sends it to who asked
    ///         checkpoints.sent(piece)
    ///     }
    /// }
    /// ```
    ///
    /// What waits is written when the body ends, also when it throws or the task is cancelled. A database that fails
    /// does not disturb the stream; see ``CheckpointWriter/failure``.
    ///
    /// - Parameters:
    ///   - pacer: Decides when pieces are written.
    ///   - onFailure: Is told why writes begin to fail, and once more when they have to end because the conversation
    ///     belongs to somebody else. Must not block.
    ///   - body: Reads the stream.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public nonisolated(nonsending) func withCheckpoints<Value>(
        pacer: CheckpointPacer = CheckpointPacer(),
        onFailure: @escaping @Sendable (any Error) -> Void = { _ in },
        _ body: nonisolated(nonsending) (CheckpointWriter) async throws -> Value
    ) async rethrows -> Value {
        let writer = CheckpointWriter(self, pacer, onFailure: onFailure)
        async let writing: Void = writer.run()
        do {
            let value = try await body(writer)
            writer.finish()
            await writing
            return value
        } catch {
            writer.finish()
            await writing
            throw error
        }
    }
}
