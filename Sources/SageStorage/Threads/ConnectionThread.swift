import Synchronization

/// A thread of its own for one connection, so that calls of C libraries block neither the cooperative pool nor each
/// other.
///
/// The resource is made on the thread, lives there and is never seen by another one; work is handed in as closures, which
/// run one after the other. While there is none, the thread watches the resource's socket, so that a connection that the
/// server closes is noticed before somebody needs it. Thread-safe.
package final class ConnectionThread<Resource: ThreadResource>: Sendable {
    /// Work for the thread.
    package typealias Job = @Sendable (Resource) -> Void

    private struct Queue {
        var jobs: [Job] = []
        /// Whether the thread waits, and has to be woken for a job.
        var isIdle = false
        var isEnding = false
    }

    private enum Step {
        case work([Job])
        case wait
        case end
    }

    /// Interrupts a wait of the thread; jobs that wait themselves wait by it.
    package let pipe: WakePipe
    private let queue = Mutex(Queue())

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: The name that debuggers and `top` show, cut to 15 bytes.
    ///   - store: The name of the store, for errors.
    ///   - make: Makes the resource, on the thread.
    /// - Throws: ``StorageError`` when the process has no thread or no descriptor left.
    package init(
        _ name: String, store: String, make: @escaping @Sendable (WakePipe) -> Resource
    ) throws(StorageError) {
        self.pipe = try WakePipe(store: store)
        let failure = OperatingSystemThread.start(name) { self.run(make) }
        guard failure == 0 else {
            throw StorageError(
                .other, store: store, "no thread is left for a connection",
                remedy: "Raise the limit of processes (ulimit -u)", code: "errno \(failure)", isNotDone: true)
        }
    }

    /// Lets a job run after those that were submitted before.
    ///
    /// - Returns: False when the thread ends, and the job will not run.
    package func submit(_ job: @escaping Job) -> Bool {
        let (isTaken, isIdle) = queue.withLock { queue in
            guard !queue.isEnding else { return (false, false) }
            queue.jobs.append(job)
            defer { queue.isIdle = false }
            return (true, queue.isIdle)
        }
        if isIdle { pipe.wake() }
        return isTaken
    }

    /// Ends the thread after the jobs that were submitted before.
    package func end() {
        queue.withLock { $0.isEnding = true }
        pipe.wake()
    }

    private func run(_ make: (WakePipe) -> Resource) {
        let resource = make(pipe)
        defer { resource.finish() }
        while true {
            switch nextStep() {
            case .work(let jobs): for job in jobs { job(resource) }
            case .wait: if !wait(resource) { return }
            case .end: return
            }
        }
    }

    private func nextStep() -> Step {
        queue.withLock { queue in
            guard queue.jobs.isEmpty else {
                defer { queue.jobs.removeAll() }
                return .work(queue.jobs)
            }
            queue.isIdle = true
            return queue.isEnding ? .end : .wait
        }
    }

    /// - Returns: Whether the thread goes on.
    private func wait(_ resource: Resource) -> Bool {
        let (descriptor, limit) = (resource.idleDescriptor, resource.idleNanoseconds)
        let outcome = pipe.wait(for: descriptor, nanoseconds: limit)
        // A wait may end for no reason at all, which is not the end of the idle time.
        if outcome.contains(.woken) || outcome.isEmpty && limit == nil { return true }
        if resource.wake(outcome.contains(.readable) ? .readable : .expired) { return true }
        return queue.withLock { queue in
            guard queue.jobs.isEmpty else { return true }
            queue.isEnding = true
            return false
        }
    }
}
