import SageResilience
import SageTesting
import Testing

@Suite(.timeLimit(.minutes(1)))
struct EventRecorderTests {
    private let recorder = EventRecorder()

    private func event(_ sequence: UInt64) -> ResilienceEvent {
        ResilienceEvent(
            policy: PolicyIdentity(.registry, "r"), sequence: sequence, kind: .registryEvicted(entry: "\(sequence)"))
    }

    @Test func keepsEventsInTheOrderOfArrival() {
        for sequence in 1...3 { recorder.receive(event(UInt64(sequence))) }
        #expect(recorder.events.map(\.sequence) == [1, 2, 3])
        #expect(recorder.kinds.count == 3)
        recorder.reset()
        #expect(recorder.events.isEmpty)
    }

    @Test func findsAnEventThatHasComeAlready() async throws {
        for sequence in 1...3 { recorder.receive(event(UInt64(sequence))) }
        #expect(try await recorder.waitForEvent { $0.sequence >= 2 }.sequence == 2)
    }

    @Test func waitsForAnEventAndLooksAtEachOnce() async throws {
        let (looks, look) = AsyncStream.makeStream(of: UInt64.self)
        let task = Task { [recorder] in
            try await recorder.waitForEvent { event in
                look.yield(event.sequence)
                return event.sequence == 5
            }
        }
        var seen = looks.makeAsyncIterator()
        for sequence in 1...5 {
            recorder.receive(event(UInt64(sequence)))
            #expect(await seen.next() == UInt64(sequence))
            if sequence == 2 { recorder.reset() }
        }
        #expect(try await task.value.sequence == 5)
        #expect(recorder.events.map(\.sequence) == [3, 4, 5])
    }

    @Test func waitingEndsWithTheTask() async {
        let tasks = (0..<50).map { _ in Task { [recorder] in try await recorder.waitForEvent { _ in false } } }
        recorder.receive(event(1))
        for task in tasks { task.cancel() }
        for task in tasks {
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }
}
