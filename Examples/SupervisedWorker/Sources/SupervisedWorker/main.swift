import Configuration
import Foundation
import Logging
import SageConfiguration
import SageResilience
import SageServiceLifecycle
import ServiceLifecycle

// The environment wins over what is written here: WORKER_SUPERVISOR_MAX_RESTARTS=1 lets the supervisor give up.
let config = ConfigReader(providers: [
    EnvironmentVariablesProvider(),
    InMemoryProvider(values: [
        "worker.supervisor.maxRestarts": 5,
        "worker.supervisor.backoff.initialDelay": "100ms",
        "worker.supervisor.backoff.jitter": "none",
        "worker.job.deadline": "5s",
        "worker.job.bulkhead.maxConcurrent": 1,
    ]),
]).scoped(to: "worker")

let journal = Journal()
let drain = CallDrain("jobs")
let (stops, operatorsStop) = AsyncStream.makeStream(of: Void.self)

do {
    let worker = Worker(
        queue: Queue(failures: 2), drain: drain,
        pipeline: try ResiliencePipeline("job", reading: config.scoped(to: "job"), listener: journal),
        journal: journal, stop: { operatorsStop.yield() })
    let supervisor = try Supervisor("workers", reading: config.scoped(to: "supervisor"), listener: journal) {
        Child("worker") { child in try await worker.run(child) }
    }
    // Shut down from the last to the first: the job in flight has ended before the worker is asked to end.
    let group = ServiceGroup(
        services: [
            supervisor.service,
            drain.service(limit: .seconds(5)) { left in
                journal.note("drain: ended with \(left) jobs in flight") { $0.leftByDrain = left }
            },
        ],
        logger: Logger(label: "supervised-worker"))

    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        tasks.addTask {
            for await _ in stops {
                journal.note("operator: stops the program")
                await group.triggerGracefulShutdown()
                return
            }
        }
        try await tasks.next()
        try await tasks.next()
    }
} catch {
    print("failed: \(error)")
    exit(1)
}

let seen = journal.all
// On a busy machine another job may begin before the stop is through; what has begun must end all the same.
guard seen.restarts == 2, seen.begun >= 4, seen.finished == seen.begun, seen.leftByDrain == 0 else {
    print("not as expected: \(seen)")
    exit(1)
}
print("restarted twice, finished all \(seen.finished) jobs that were begun, and left none behind")
