import NIOCore

/// Runs tasks on an event loop.
///
/// As the preference of a task: whatever it awaits, it goes on where the connection is that it serves, and no change of
/// threads lies between a request and its answer. An actor on the event loop would not do, because what waits for a
/// continuation is resumed on the global executor first.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
