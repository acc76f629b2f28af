import NIOCore
import Synchronization

/// Where the bytes of a body come from, as the body sees it.
///
/// All of it may be called from any thread.
protocol UpstreamSource: AnyObject, Sendable {
    /// Ends the exchange of a body, unless it is over.
    func cancel(_ body: UpstreamBody)
    /// Goes on after the reader has caught up.
    func resume(_ body: UpstreamBody)
    /// Calls ``UpstreamBody/pass(_:)`` once an instant has come; earlier calls do no harm.
    ///
    /// - Parameter delay: The time from now to the deadline.
    func watch(_ body: UpstreamBody, until deadline: NIODeadline, in delay: TimeAmount)
    /// The wait that was watched is over.
    func unwatch(_ body: UpstreamBody)
}

/// A source that only ends exchanges, and keeps time with a timer for each wait.
final class TimerSource: UpstreamSource {
    private let eventLoop: any EventLoop
    private let onCancel: @Sendable () -> Void
    private let timer = Mutex<Scheduled<Void>?>(nil)

    init(eventLoop: any EventLoop, onCancel: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.onCancel = onCancel
    }

    func cancel(_ body: UpstreamBody) { onCancel() }

    func resume(_ body: UpstreamBody) {}

    func watch(_ body: UpstreamBody, until deadline: NIODeadline, in delay: TimeAmount) {
        let scheduled = eventLoop.scheduleTask(in: delay) { _ = body.pass(deadline) }
        swap(scheduled)?.cancel()
    }

    func unwatch(_ body: UpstreamBody) { swap(nil)?.cancel() }

    private func swap(_ new: Scheduled<Void>?) -> Scheduled<Void>? {
        timer.withLock { timer in
            defer { timer = new }
            return timer
        }
    }
}
