import SageStorage
import Synchronization
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

struct ConnectionThreadTests {
    /// Writes down what happens to it.
    final class Resource: ThreadResource {
        let events: PendingResult<[ThreadIdleEvent]>
        let finished: PendingResult<Bool>
        let idleDescriptor: Int32?
        let idleNanoseconds: Int64?
        let thread = pthread_self()
        var values: [Int] = []
        var seen: [ThreadIdleEvent] = []

        init(
            _ events: PendingResult<[ThreadIdleEvent]>, _ finished: PendingResult<Bool>, descriptor: Int32? = nil,
            nanoseconds: Int64? = nil
        ) {
            self.events = events
            self.finished = finished
            self.idleDescriptor = descriptor
            self.idleNanoseconds = nanoseconds
        }

        func wake(_ event: ThreadIdleEvent) -> Bool {
            seen.append(event)
            guard seen.count == 2 else { return true }
            events.decide(.success(seen))
            return false
        }

        func finish() { finished.decide(.success(pthread_equal(thread, pthread_self()) != 0)) }
    }

    private let events = PendingResult<[ThreadIdleEvent]>()
    private let finished = PendingResult<Bool>()

    @Test func runsJobsInTheirOrderOnOneThreadAndEndsAfterThem() async throws {
        let (events, finished) = (events, finished)
        let thread = try ConnectionThread("sage-test", store: "test") { _ in Resource(events, finished) }
        let values = PendingResult<[Int]>()
        for value in 0..<1_000 {
            #expect(thread.submit { $0.values.append(value) })
        }
        #expect(thread.submit { values.decide(.success($0.values)) })
        thread.end()
        #expect(try await values.wait() == Array(0..<1_000))
        #expect(try await finished.wait())
        #expect(!thread.submit { _ in })
    }

    @Test func wakesUpForEachJobThatComesLater() async throws {
        let (events, finished) = (events, finished)
        let thread = try ConnectionThread("sage-test", store: "test") { _ in Resource(events, finished) }
        for value in 0..<1_000 {
            let answer = PendingResult<Int>()
            #expect(thread.submit { _ in answer.decide(.success(value)) })
            #expect(try await answer.wait() == value)
        }
        thread.end()
        #expect(try await finished.wait())
    }

    @Test func tellsTheResourceOfItsSocketWhileThereIsNothingToDo() async throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        defer { close(ends[0]) }
        close(ends[1])
        let (events, finished, watched) = (events, finished, ends[0])
        let thread = try ConnectionThread("sage-test", store: "test") { _ in
            Resource(events, finished, descriptor: watched)
        }
        #expect(try await events.wait() == [.readable, .readable])
        #expect(try await finished.wait())
        #expect(!thread.submit { _ in })
    }

    @Test func tellsTheResourceThatItsIdleTimeHasPassed() async throws {
        let (events, finished) = (events, finished)
        let thread = try ConnectionThread("sage-test", store: "test") { _ in
            Resource(events, finished, nanoseconds: 1)
        }
        #expect(try await events.wait() == [.expired, .expired])
        #expect(try await finished.wait())
        #expect(!thread.submit { _ in })
    }

    @Test func aWakeUpBeforeTheWaitEndsIt() throws {
        let pipe = try WakePipe(store: "test")
        pipe.wake()
        pipe.wake()
        #expect(pipe.wait() == .woken)
        #expect(pipe.wait(nanoseconds: 0) == [])
        pipe.wake()
        #expect(pipe.wait() == .woken)
    }

    @Test func theFirstToDecideDecides() async throws {
        let result = PendingResult<Int>()
        #expect(!result.isDecided)
        #expect(result.decide(.success(1)))
        #expect(!result.decide(.success(2)))
        #expect(try await result.wait() == 1)
        #expect(!result.decide(.success(3)))
        #expect(result.isDecided)
    }
}
