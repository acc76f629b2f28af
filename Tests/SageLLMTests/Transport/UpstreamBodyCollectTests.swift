import NIOCore
import SageLLM
import TestSupport
import Testing

struct UpstreamBodyCollectTests {
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

    // MARK: Collecting

    @Test(arguments: [["abcd"], ["ab", "cd"], ["a", "b", "c", "d"]])
    func collectsUpToExactlyTheLimit(parts: [String]) async throws {
        for part in parts { receive(part) }
        body.finish()
        #expect(try await body.collect(upTo: 4) == ByteBuffer(string: "abcd"))
        #expect(cancellations.value == 0)
    }

    @Test func emptyBodyIsEmpty() async throws {
        body.finish()
        #expect(try await body.collect(upTo: 0) == ByteBuffer())
    }

    @Test(arguments: [["abcde"], ["ab", "cde"], ["abcd", "e"]])
    func bodyBeyondTheLimitEndsTheExchange(parts: [String]) async {
        for part in parts { receive(part) }
        await #expect(throws: UpstreamFailure.bodyTooLarge(limit: 4)) { try await body.collect(upTo: 4) }
        #expect(cancellations.value == 1)
    }

    @Test func failureInTheMiddleIsTheFailureOfAll() async {
        receive("a")
        body.finish(.failure(.connection(.connectionClosed)))
        await #expect(throws: UpstreamFailure.connection(.connectionClosed)) { try await body.collect(upTo: 10) }
    }

    @Test func limitOfTimeIsForAllPartsTogether() async throws {
        let whole = Task { [body] in try await body.collect(upTo: 10, within: .seconds(30)) }
        let first = await loop.nextTimer()
        receive("a")
        let second = await loop.nextTimer()
        #expect(first.delay <= .seconds(30))
        #expect(second.delay < first.delay)
        second.fire()
        await #expect(throws: UpstreamFailure.bodyTimeout) { try await whole.value }
    }

    // MARK: Draining

    @Test func drainedBodyPassesUnread() async throws {
        #expect(!receive(String(repeating: "x", count: 300 << 10)))
        body.drain(within: .seconds(1))
        #expect(resumptions.value == 1)
        #expect(receive(String(repeating: "x", count: 300 << 10)))
        body.finish()
        #expect(try await body.next() == nil)
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(1))
        timer.fire()
        #expect(cancellations.value == 0)
    }

    @Test func drainThatTakesTooLongEndsTheExchange() async {
        body.drain(within: .seconds(1))
        await loop.nextTimer().fire()
        #expect(cancellations.value == 1)
    }

    @Test func bodyThatHasEndedNeedsNoDraining() {
        body.finish()
        body.drain(within: .seconds(1))
        #expect(!loop.hasTimer)
    }

    // MARK: Concurrency

    /// A producer that pauses when it is told to, and a reader, on different threads.
    @Test func nothingIsLostOrReorderedUnderConcurrency() async throws {
        let body = body
        let producer = Task {
            for number in 0..<2_000 {
                let part = ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: 1 << (number % 15))
                await withCheckedContinuation { continuation in
                    if body.receive(part, resume: { continuation.resume() }) { continuation.resume() }
                }
            }
            body.finish()
        }
        var whole = ByteBuffer()
        while var part = try await body.next(within: .seconds(30)) { whole.writeBuffer(&part) }
        await producer.value
        for number in 0..<2_000 {
            let part = whole.readSlice(length: 1 << (number % 15))
            #expect(part == ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: 1 << (number % 15)))
        }
        #expect(whole.readableBytes == 0)
    }

    /// What is kept for a reader that does not come stays in proportion to the bytes.
    @Test func manySmallPartsAreJoined() async throws {
        for number in 0..<10_000 { receive("\(number % 10)") }
        body.finish()
        var parts = 0
        var whole = ByteBuffer()
        while var part = try await body.next() {
            parts += 1
            whole.writeBuffer(&part)
        }
        #expect(parts <= 1_030)
        #expect(whole == ByteBuffer(string: String(repeating: "0123456789", count: 1_000)))
    }

    /// Whoever wins, the producer is never left paused and the reader never left waiting.
    @Test func cancelRacingProducerAndReaderLeavesNobodyWaiting() async {
        for _ in 0..<200 {
            let body = UpstreamBody(eventLoop: loop) { [cancellations] in cancellations.increment() }
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<8 {
                        await withCheckedContinuation { continuation in
                            let part = ByteBuffer(repeating: 0, count: 100 << 10)
                            if body.receive(part, resume: { continuation.resume() }) { continuation.resume() }
                        }
                    }
                    body.finish()
                }
                group.addTask {
                    while let part = try? await body.next() { _ = part }
                }
                group.addTask { body.cancel() }
            }
        }
        #expect(cancellations.value <= 200)
    }
}
