import SageResilience
import SageServiceLifecycle

/// Takes jobs from the queue, one after another, until the drain refuses to begin another.
struct Worker: Sendable {
    let queue: Queue
    let drain: CallDrain
    let pipeline: ResiliencePipeline
    let journal: Journal
    /// Called in the middle of the fourth job: the operator stops the program at an inconvenient moment.
    let stop: @Sendable () -> Void

    func run(_ child: Child.Context) async throws {
        try await queue.connect()
        child.ready()
        while true {
            do {
                try await drain.execute {
                    let job = await queue.next()
                    try await pipeline.execute { try await perform(job) }
                }
            } catch is CallDrainRejection {
                journal.note("worker: takes no more jobs")
                // To return now would look like an end that nobody asked for, and be followed by a restart.
                try await child.waitForShutdown()
                return
            }
        }
    }

    private func perform(_ job: Int) async throws {
        journal.note("worker: begins job \(job)") { $0.begun += 1 }
        if job == 4 { stop() }
        try await Task.sleep(for: .milliseconds(200))
        journal.note("worker: finishes job \(job)") { $0.finished += 1 }
    }
}
