import SageTesting
import Testing

@testable import SageResilience

@Suite(.timeLimit(.minutes(1)))
struct EventEmitterTests {
    private let policy = PolicyIdentity(.registry, "r")

    private func emitter(_ listener: any ResilienceListener) throws -> EventEmitter {
        try #require(EventEmitter.make(policy, listener))
    }

    @Test func thereIsNoneWhenNobodyListens() {
        #expect(EventEmitter.make(policy, nil) == nil)
    }

    @Test func whatIsEnqueuedWaitsForDelivery() throws {
        let recorder = EventRecorder()
        let emitter = try emitter(recorder)
        emitter.enqueue(.registryEvicted(entry: "a"))
        emitter.enqueue(.registryEvicted(entry: "b"))
        #expect(recorder.events.isEmpty)
        emitter.deliver()
        emitter.deliver()
        #expect(recorder.events.map(\.sequence) == [1, 2])
        #expect(recorder.events.allSatisfy { $0.policy == policy })
    }

    @Test func manyEmittersGiveOneOrderWithoutGaps() async throws {
        let recorder = EventRecorder()
        let emitter = try emitter(recorder)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 0..<500 { emitter.emit(.registryEvicted(entry: "\(task) \(round)")) }
                }
            }
        }
        // The last caller may have left a rest behind.
        for _ in 0..<(4_000 / EventEmitter.mostPerCaller) { emitter.deliver() }
        #expect(emitter.dropped == 0)
        #expect(recorder.events.map(\.sequence) == Array(1...4_000))
        var last = Array(repeating: -1, count: 8)
        for case .registryEvicted(let entry) in recorder.kinds {
            let parts = entry.split(separator: " ").compactMap { Int($0) }
            #expect(parts[1] == last[parts[0]] + 1, "each emitter's own order")
            last[parts[0]] = parts[1]
        }
        #expect(last == Array(repeating: 499, count: 8))
    }

    /// Emits from inside an event, and checks that it is called by one at a time.
    private final class Echo: ResilienceListener {
        private let state = Locked((emitter: EventEmitter?.none, isInside: false, story: [String]()))

        var story: [String] { state.value.story }

        func listen(to emitter: EventEmitter) {
            state.update { $0.emitter = emitter }
        }

        func receive(_ event: ResilienceEvent) {
            let emitter = state.update { state in
                #expect(!state.isInside, "an event inside another")
                state.isInside = true
                return state.emitter
            }
            if event.sequence < 4 { emitter?.emit(.registryEvicted(entry: "echo")) }
            state.update { state in
                state.isInside = false
                state.story.append("\(event.sequence)")
            }
        }
    }

    @Test func eventsOfAListenerComeAfterThePresentOne() throws {
        let echo = Echo()
        let emitter = try emitter(echo)
        echo.listen(to: emitter)
        emitter.emit(.registryEvicted(entry: "first"))
        #expect(echo.story == ["1", "2", "3", "4"])
    }

    /// Says for each event it hears that one more has happened.
    private final class Gossip: ResilienceListener {
        private let state = Locked((emitter: EventEmitter?.none, heard: [UInt64]()))

        var heard: [UInt64] { state.value.heard }

        func listen(to emitter: EventEmitter?) {
            state.update { $0.emitter = emitter }
        }

        func receive(_ event: ResilienceEvent) {
            let emitter = state.update { state in
                state.heard.append(event.sequence)
                return state.emitter
            }
            emitter?.emit(.registryEvicted(entry: "more"))
        }
    }

    @Test func aCallerDeliversNoMoreThanItsShare() throws {
        let gossip = Gossip()
        let emitter = try emitter(gossip)
        gossip.listen(to: emitter)
        defer { gossip.listen(to: nil) }
        let share = EventEmitter.mostPerCaller
        emitter.emit(.registryEvicted(entry: "first"))
        #expect(gossip.heard.count == share)
        emitter.emit(.registryEvicted(entry: "next"))
        #expect(gossip.heard == Array(1...UInt64(2 * share)), "the next caller goes on, in order")
    }

    @Test func whatWaitsIsBoundedAndTheOldestIsDropped() throws {
        let recorder = EventRecorder()
        let emitter = try emitter(recorder)
        let total = EventEmitter.mostPending + 7
        for number in 1...total { emitter.enqueue(.registryEvicted(entry: "\(number)")) }
        #expect(emitter.dropped == 7)
        for _ in 0...(total / EventEmitter.mostPerCaller) { emitter.deliver() }
        #expect(recorder.events.map(\.sequence) == Array(8...UInt64(total)))
    }

    /// An error whose end uses the emitter that drops it.
    private final class LastWords: Error {
        let emitter: EventEmitter
        let end: Locked<UInt64?>

        init(_ emitter: EventEmitter, _ end: Locked<UInt64?>) {
            self.emitter = emitter
            self.end = end
        }

        deinit {
            let dropped = emitter.dropped
            end.update { $0 = dropped }
        }
    }

    @Test func anEventIsDroppedOutsideTheLock() throws {
        let emitter = try emitter(EventRecorder())
        let end = Locked<UInt64?>(nil)
        emitter.enqueue(.fallbackUsed(alternative: 1, error: LastWords(emitter, end)))
        for _ in 1..<EventEmitter.mostPending { emitter.enqueue(.registryEvicted(entry: "e")) }
        #expect(end.value == nil)
        emitter.enqueue(.registryEvicted(entry: "one too many"))
        #expect(end.value == 1)
    }

    @Test("a queue agrees with an array, whatever is put in and taken out", arguments: 1...20)
    func aQueueIsInOrder(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...20, using: &generator)
        var (queue, model) = (EventQueue(capacity: capacity), [UInt64]())
        for sequence in UInt64(1)...300 {
            let event = ResilienceEvent(policy: policy, sequence: sequence, kind: .registryEvicted(entry: ""))
            let dropped = queue.append(event)
            #expect(dropped?.sequence == (model.count == capacity ? model.removeFirst() : nil))
            model.append(sequence)
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let limit = Int.random(in: 0...capacity, using: &generator)
                #expect(queue.take(limit).map(\.sequence) == Array(model.prefix(limit)))
                model.removeFirst(min(limit, model.count))
            }
            #expect(queue.count == model.count)
            #expect(queue.isEmpty == model.isEmpty)
        }
    }

    @Test func severities() throws {
        let snapshot = CircuitBreaker("b", clock: TestClock()).snapshot()
        func severity(_ kind: ResilienceEvent.Kind) -> ResilienceEvent.Severity {
            ResilienceEvent(policy: policy, sequence: 1, kind: kind).severity
        }
        #expect(severity(.circuitBreakerTransition(from: .closed, to: .open, snapshot)) == .warning)
        #expect(severity(.circuitBreakerTransition(from: .open, to: .forcedOpen, snapshot)) == .warning)
        #expect(severity(.circuitBreakerTransition(from: .open, to: .halfOpen, snapshot)) == .info)
        #expect(severity(.circuitBreakerWouldOpen(snapshot)) == .warning)
        #expect(severity(.circuitBreakerRejected(.circuitOpen)) == .debug)
        #expect(severity(.retryScheduled(attempt: 2, delay: .zero, error: UnknownError())) == .info)
        for reason in RetryStopReason.allCases {
            let isOrdinary = [.permanent, .rejected, .nested, .cancelled].contains(reason)
            let stop = ResilienceEvent.Kind.retryStopped(attempts: 1, reason: reason, error: UnknownError())
            #expect(severity(stop) == (isOrdinary ? .debug : .warning))
        }
        #expect(severity(.timeLimitExceeded(.zero)) == .warning)
        #expect(severity(.fallbackUsed(alternative: 1, error: UnknownError())) == .warning)
        #expect(ResilienceEvent.Severity.debug < .info && .info < .warning)
    }
}
