package import Dispatch
package import NIOCore
import NIOPosix
import Synchronization

/// An event loop whose timers go off when a test says so.
package final class TimerLoop: EventLoop, Sendable {
    /// A timer that was set.
    package struct Timer: Sendable {
        /// How long it was to run.
        package let delay: TimeAmount
        /// Lets it go off, even if it was cancelled: a cancellation can come too late.
        package let fire: @Sendable () -> Void
    }

    private struct State {
        var unreported: [Timer] = []
        var lookouts: [CheckedContinuation<Timer, Never>] = []
    }

    private let base = MultiThreadedEventLoopGroup.singleton.next()
    private let state = Mutex(State())

    package init() {}

    /// Waits until a timer is set; each timer is reported once.
    package func nextTimer() async -> Timer {
        await withCheckedContinuation { continuation in
            let timer = state.withLock { state -> Timer? in
                guard state.unreported.isEmpty else { return state.unreported.removeFirst() }
                state.lookouts.append(continuation)
                return nil
            }
            if let timer { continuation.resume(returning: timer) }
        }
    }

    /// Whether a timer was set that nobody has asked for.
    package var hasTimer: Bool { state.withLock { !$0.unreported.isEmpty } }

    package func scheduleTask<T>(
        in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        let timer = Timer(delay: delay) { _ = try? task() }
        let lookout = state.withLock { state -> CheckedContinuation<Timer, Never>? in
            guard state.lookouts.isEmpty else { return state.lookouts.removeFirst() }
            state.unreported.append(timer)
            return nil
        }
        lookout?.resume(returning: timer)
        return base.scheduleTask(in: .hours(10_000), task)
    }

    package func scheduleTask<T>(
        deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
    ) -> Scheduled<T> {
        scheduleTask(in: deadline - .now(), task)
    }

    package func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
        queue.async { callback(nil) }
    }

    package var inEventLoop: Bool { base.inEventLoop }
    package func execute(_ task: @escaping @Sendable () -> Void) { base.execute(task) }
    package func preconditionInEventLoop(file: StaticString, line: UInt) {
        base.preconditionInEventLoop(file: file, line: line)
    }
    package func preconditionNotInEventLoop(file: StaticString, line: UInt) {
        base.preconditionNotInEventLoop(file: file, line: line)
    }
}
