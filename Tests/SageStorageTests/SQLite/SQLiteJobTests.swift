import SageResilience
import Testing

@testable import SageStorage

struct SQLiteJobTests {
    private let job = SQLiteJob(deadline: .after(.seconds(3_600))) { _ in 7 }
    private static let late = StorageError(.timeout, store: "a", "the time is up")

    /// The timer of a call may fire before the call has got as far as to wait.
    @Test func aTimerThatOvertakesItsJobAnswersIt() async {
        job.answerIfWaiting(Self.late)
        await #expect(throws: StorageError.self) {
            try await job.value { _ in Issue.record("it was handed to a connection that nobody waits for") }
        }
    }

    @Test func aTaskThatWasCancelledBeforeHandsNothingOver() async {
        let task = Task { [job] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await job.value { _ in Issue.record("it was handed to a connection that nobody waits for") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func aJobThatRunsIsNotAnsweredByTheTimer() async {
        let error = await #expect(throws: StorageError.self) {
            try await job.value { job in
                #expect(job.begin())
                job.answerIfWaiting(Self.late)
                job.fail(StorageError(.full, store: "a", "the disk is full"))
            }
        }
        #expect(error?.problem == .full)
    }
}
