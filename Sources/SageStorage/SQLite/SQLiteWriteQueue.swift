import Dispatch
import Synchronization

/// The writes that wait for the one connection that writes, in the order of their arrival.
final class SQLiteWriteQueue: Sendable {
    struct State {
        var waiting: [any SQLiteWork] = []
        /// The first that waits; those before it are gone.
        var head = 0
        var isServed = false
        /// Whether who serves the queue waits for the next job.
        var isAwaited = false
        /// Who waits until so many jobs wait.
        var lookouts: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let capacity: Int
    private let state = Mutex(State())
    private let arrival = DispatchSemaphore(value: 0)

    init(capacity: Int) { self.capacity = capacity }

    enum Answer {
        /// Somebody serves the queue already.
        case queued
        /// The caller has to have the queue served.
        case mustServe
        case full
    }

    func append(_ job: any SQLiteWork) -> Answer {
        let (answer, lookouts) = state.withLock { state -> (Answer, [CheckedContinuation<Void, Never>]) in
            guard state.count < capacity else { return (.full, []) }
            state.waiting.append(job)
            if state.isAwaited {
                state.isAwaited = false
                arrival.signal()
            }
            defer { state.isServed = true }
            return (state.isServed ? .queued : .mustServe, state.takeSatisfiedLookouts())
        }
        for lookout in lookouts { lookout.resume() }
        return answer
    }

    /// Waits until at least so many jobs wait, for tests that need a known order.
    func waitForCount(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isSatisfied = state.withLock { state in
                guard state.count < count else { return true }
                state.lookouts.append((count, continuation))
                return false
            }
            if isSatisfied { continuation.resume() }
        }
    }

    /// The next job that somebody still waits for, begun; nil when there is none.
    func next() -> (any SQLiteWork)? {
        while let job = state.withLock({ $0.removeFirst() }) {
            if job.begin() { return job }
        }
        return nil
    }

    /// The next job that somebody waits for; when there is none, waits for it on the calling thread.
    func next(within time: Duration) -> (any SQLiteWork)? {
        let isEmpty = state.withLock { state in
            state.isAwaited = state.count == 0
            return state.isAwaited
        }
        if isEmpty, arrival.wait(timeout: .now() + .nanoseconds(Int(time / .nanoseconds(1)))) == .timedOut {
            // A job that has come since has signalled already, or finds nobody to signal to.
            let hasCome = state.withLock { state in
                defer { state.isAwaited = false }
                return !state.isAwaited
            }
            if hasCome { arrival.wait() }
        }
        return next()
    }

    /// Ends serving, unless something waits again.
    ///
    /// - Returns: Whether the queue has to be served on.
    func endServing() -> Bool {
        state.withLock { state in
            state.isServed = state.count > 0
            return state.isServed
        }
    }

    var count: Int { state.withLock { $0.count } }
}

extension SQLiteWriteQueue.State {
    var count: Int { waiting.count - head }

    mutating func takeSatisfiedLookouts() -> [CheckedContinuation<Void, Never>] {
        guard !lookouts.isEmpty else { return [] }
        let count = count
        let satisfied = lookouts.filter { $0.count <= count }.map(\.continuation)
        lookouts.removeAll { $0.count <= count }
        return satisfied
    }

    mutating func removeFirst() -> (any SQLiteWork)? {
        guard head < waiting.count else { return nil }
        let job = waiting[head]
        head += 1
        // In bulk, so that removing from the front costs constant time on average.
        if head == waiting.count || head >= 256 && head * 2 >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return job
    }
}
