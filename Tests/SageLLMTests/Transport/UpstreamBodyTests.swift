import NIOCore
import SageLLM
import TestSupport
import Testing

struct UpstreamBodyTests {
    let loop = TimerLoop()
    let cancellations = Counter()
    let resumptions = Counter()
    let body: UpstreamBody

    init() {
        body = UpstreamBody(eventLoop: loop) { [cancellations] in cancellations.increment() }
    }

    @discardableResult
    func receive(_ text: String) -> Bool {
        body.receive(ByteBuffer(string: text)) { [resumptions] in resumptions.increment() }
    }

    func receive(kibibytes: Int) -> Bool {
        body.receive(ByteBuffer(repeating: 0, count: kibibytes << 10)) { [resumptions] in resumptions.increment() }
    }

    func next() async throws -> String? {
        try await body.next().map { String(buffer: $0) }
    }

    // MARK: Order

    @Test func partsArriveInOrderAndThenTheEnd() async throws {
        receive("a")
        receive("b")
        body.finish()
        #expect(try await next() == "a")
        #expect(try await next() == "b")
        #expect(try await next() == nil)
        #expect(try await next() == nil)
        #expect(cancellations.value == 0)
    }

    @Test func failureComesAfterThePartsBeforeIt() async throws {
        receive("a")
        body.finish(.failure(.connection(.connectionReset)))
        #expect(try await next() == "a")
        await #expect(throws: UpstreamFailure.connection(.connectionReset)) { try await body.next() }
        await #expect(throws: UpstreamFailure.connection(.connectionReset)) { try await body.next() }
    }

    @Test func firstEndCounts() async throws {
        body.finish()
        body.finish(.failure(.connection(.connectionReset)))
        receive("late")
        #expect(try await next() == nil)
    }

    @Test func waitingReaderIsWokenByThePart() async throws {
        async let part = body.next(within: .seconds(30))
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(30))
        receive("a")
        #expect(try await part == ByteBuffer(string: "a"))
    }

    // MARK: Back-pressure

    @Test func producerGoesOnUpToTheMarkAndPausesAboveIt() {
        #expect(receive(kibibytes: 256))
        #expect(!receive("x"))
    }

    @Test func producerIsResumedOnceHalfOfTheMarkIsLeft() async throws {
        #expect(receive(kibibytes: 100))
        #expect(receive(kibibytes: 100))
        #expect(!receive(kibibytes: 100))
        _ = try await body.next()
        #expect(resumptions.value == 0)
        _ = try await body.next()
        #expect(resumptions.value == 1)
        _ = try await body.next()
        #expect(resumptions.value == 1)
    }

    @Test func pausedProducerIsResumedWhenTheReaderGoesAway() {
        #expect(!receive(kibibytes: 300))
        body.cancel()
        #expect(resumptions.value == 1)
        #expect(receive(kibibytes: 300), "nobody reads any more, so nobody has to wait")
    }

    // MARK: Cancelling

    @Test func cancelWakesTheReaderAndEndsTheExchangeOnce() async throws {
        let read = Task { [body] in try await body.next(within: .seconds(30)) }
        _ = await loop.nextTimer()
        body.cancel()
        body.cancel()
        await #expect(throws: UpstreamFailure.cancelled) { try await read.value }
        #expect(cancellations.value == 1)
    }

    @Test func cancelDropsWhatIsUnread() async {
        receive("a")
        body.cancel()
        await #expect(throws: UpstreamFailure.cancelled) { try await body.next() }
    }

    @Test func cancelAfterTheEndChangesNothing() async throws {
        receive("a")
        body.finish()
        body.cancel()
        #expect(try await next() == "a")
        #expect(try await next() == nil)
        #expect(cancellations.value == 0)
    }

    @Test func cancelledTaskDoesNotWait() async {
        let body = body
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await body.next()
        }
        await #expect(throws: UpstreamFailure.cancelled) { try await task.value }
        #expect(cancellations.value == 1)
    }

    @Test func taskThatIsCancelledWhileItWaitsWakesAndEndsTheExchange() async {
        let body = body
        let task = Task { try await body.next(within: .seconds(30)) }
        _ = await loop.nextTimer()
        task.cancel()
        await #expect(throws: UpstreamFailure.cancelled) { try await task.value }
        #expect(cancellations.value == 1)
    }

    // MARK: Limits of time

    @Test func waitThatTakesTooLongEndsTheExchange() async throws {
        let read = Task { [body] in try await body.next(within: .seconds(30)) }
        await loop.nextTimer().fire()
        await #expect(throws: UpstreamFailure.bodyTimeout) { try await read.value }
        #expect(cancellations.value == 1)
        #expect(receive("late"))
        await #expect(throws: UpstreamFailure.bodyTimeout) { try await body.next() }
    }

    @Test func partThatArrivedWinsOverALimitThatFiresAtTheSameTime() async throws {
        async let part = body.next(within: .seconds(30))
        let timer = await loop.nextTimer()
        receive("a")
        receive("b")
        timer.fire()
        #expect(try await part == ByteBuffer(string: "a"))
        #expect(try await next() == "b")
        #expect(cancellations.value == 0)
    }

    @Test func limitOfAnEarlierWaitDoesNotEndALaterOne() async throws {
        async let first = body.next(within: .seconds(1))
        let timer = await loop.nextTimer()
        receive("a")
        #expect(try await first == ByteBuffer(string: "a"))
        async let second = body.next(within: .seconds(30))
        _ = await loop.nextTimer()
        timer.fire()
        receive("b")
        #expect(try await second == ByteBuffer(string: "b"))
        #expect(cancellations.value == 0)
    }

    @Test func unlimitedWaitSetsNoTimer() async throws {
        receive("a")
        _ = try await body.next(within: .seconds(1))
        #expect(!loop.hasTimer, "nothing to wait for")
    }
}
