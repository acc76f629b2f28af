import Dispatch
import SageResilience
import Synchronization
import Testing

@testable import SageStorage

struct SQLiteWriteQueueTests {
    /// A write that notes that it was taken.
    private final class Work: SQLiteWork {
        let number: Int
        let interruption = SQLiteInterruption(deadline: .after(.seconds(3_600)))
        private let isWanted: Bool

        init(_ number: Int, isWanted: Bool = true) {
            self.number = number
            self.isWanted = isWanted
        }

        func begin() -> Bool { isWanted }
        func perform(_ session: SQLiteSession) -> Bool { true }
        func deliver() {}
        func fail(_ error: any Error) {}
    }

    /// Takes jobs on a thread of its own, as a connection does.
    private func taken(_ count: Int, from queue: SQLiteWriteQueue, within time: Duration) async -> [Int] {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "taker").async {
                continuation.resume(
                    returning: (0..<count).compactMap { _ in (queue.next(within: time) as? Work)?.number })
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func whoWaitsGetsWhatComes() async {
        let queue = SQLiteWriteQueue(capacity: 10_000)
        async let numbers = taken(2_000, from: queue, within: .seconds(3_600))
        for number in 0..<2_000 { _ = queue.append(Work(number)) }
        #expect(await numbers == Array(0..<2_000))
    }

    @Test func aWaitEndsWithoutAJob() async {
        let queue = SQLiteWriteQueue(capacity: 10)
        #expect(await taken(3, from: queue, within: .nanoseconds(1)).isEmpty)
        // What nobody waits for any more is no company.
        _ = queue.append(Work(1, isWanted: false))
        #expect(await taken(1, from: queue, within: .nanoseconds(1)).isEmpty)
    }

    @Test(.timeLimit(.minutes(1))) func noJobIsLostBetweenWaits() async {
        let queue = SQLiteWriteQueue(capacity: 10_000)
        async let numbers = withCheckedContinuation { (continuation: CheckedContinuation<[Int], Never>) in
            DispatchQueue(label: "taker").async {
                // Waits end all the time while jobs come.
                var numbers: [Int] = []
                while numbers.count < 2_000 {
                    if let work = queue.next(within: .nanoseconds(numbers.count % 7)) as? Work {
                        numbers.append(work.number)
                    }
                }
                continuation.resume(returning: numbers)
            }
        }
        for number in 0..<2_000 { _ = queue.append(Work(number)) }
        #expect(await numbers == Array(0..<2_000))
    }
}
