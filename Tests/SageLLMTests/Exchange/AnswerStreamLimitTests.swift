import NIOCore
import SageLLM
import TestSupport
import Testing

/// The limits of time of a stream whose provider always has something ready, or whose reader is slow.
struct AnswerStreamLimitTests {
    typealias Text = ChatText

    let time = ManualTime()

    // MARK: Before the first token

    @Test func floodOfKeepAlivesDoesNotOutrunTheFirstToken() async throws {
        let parts = Array(repeating: ByteBuffer(string: ": ping\n\n"), count: 1_000)
        let transport = ScriptedTransport(.stream(parts, ending: .open))
        let error = try await transport.failure(
            isStream: true, limits: ExchangeLimits(firstToken: .seconds(9)), time: ManualTime(step: .milliseconds(100)))
        #expect(error.kind == .timeout(.firstToken))
        #expect(transport.cancellations == 1)
    }

    @Test func keepAlivesCountAgainstTheBytesWithoutContent() async throws {
        let ping = ByteBuffer(string: ": \(String(repeating: "x", count: 100_000))\n\n")
        let transport = ScriptedTransport(.stream(Array(repeating: ping, count: 12), ending: .open))
        let error = try await transport.failure(isStream: true, time: time)
        #expect(error.kind == .malformedAnswer)
        #expect(error.message.contains("without content"))
        #expect(transport.cancellations == 1)
    }

    @Test func largeFirstTokenIsNotRefused() async throws {
        let token = Text.token(String(repeating: "x", count: 2 << 20))
        let parts = token.utf8.chunks(of: 100_000).map { ByteBuffer(bytes: $0) } + [ByteBuffer(string: Text.finish)]
        let (text, end) = try await ScriptedTransport(.stream(parts, ending: .complete)).stream(time: time).readAll()
        #expect(text == token + Text.finish)
        #expect(end == .unmarked)
    }

    // MARK: After it

    @Test func passedDeadlineEndsTheStreamAlthoughBytesAreWaiting() async throws {
        let transport = ScriptedTransport(.stream(Text.token("a"), Text.token("b"), Text.token("c"), ending: .open))
        var stream = try await transport.stream(time: time, deadline: .seconds(3))
        guard case .events = try await stream.next() else { throw UnexpectedAnswer() }
        time.advance(by: .seconds(3))
        guard case .failed(let error) = try await stream.next() else { throw UnexpectedAnswer() }
        #expect(error.kind == .timeout(.total))
        #expect(transport.cancellations == 1)
        // The reader was slow, not the provider.
        #expect(stream.lastTokenAge == .zero)
        #expect(!stream.isStalled)
    }

    @Test func passedDeadlineLosesNothingOfAnAnswerThatHasEnded() async throws {
        let transport = ScriptedTransport(.stream(Text.token("a") + Text.finish + Text.done))
        var stream = try await transport.stream(time: time, deadline: .seconds(3))
        time.advance(by: .seconds(3))
        guard case .events = try await stream.next() else { throw UnexpectedAnswer() }
        guard case .end(nil) = try await stream.next() else { throw UnexpectedAnswer() }
    }

    @Test func deadlineInSilenceIsTheProvidersFault() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let stream = try await transport.stream(time: time, deadline: .seconds(20))
        let reading = Task {
            var stream = stream
            _ = try await stream.next()
            guard case .failed(let error) = try await stream.next() else { throw UnexpectedAnswer() }
            return (error.kind, stream.lastTokenAge, stream.isStalled)
        }
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(20))
        time.advance(by: .seconds(20))
        timer.fire()
        let (kind, age, isStalled) = try await reading.value
        #expect(kind == .timeout(.total))
        #expect(age == .seconds(20))
        #expect(isStalled)
    }

    @Test func slowReaderIsNoSilenceOfTheProvider() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        var stream = try await transport.stream(limits: ExchangeLimits(betweenTokens: .seconds(4)), time: time)
        _ = try await stream.next()
        time.advance(by: .seconds(60))
        async let all = stream.readAll()
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(4))
        transport.bodies[0].finish()
        _ = try await all
    }

    @Test func dripEndsWhenItsTimeIsUpAndNotWithItsNextToken() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport(
            [.stream(Text.token("a"), Text.token("b"), ending: .open)], eventLoop: loop)
        let stream = try await transport.stream(
            limits: ExchangeLimits(minThroughput: 0.5, throughputWindow: .seconds(10)), time: time)
        async let all = stream.readAll()
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(10))
        time.advance(by: .seconds(10))
        timer.fire()
        let (text, end) = try await all
        #expect(text == Text.token("a") + Text.token("b"))
        #expect(end == .failed(.timeout(.throughput)))
        #expect(transport.cancellations == 1)
    }

    @Test func silenceIsNoDripWhereItsLimitComesFirst() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let stream = try await transport.stream(
            limits: ExchangeLimits(betweenTokens: .seconds(4), minThroughput: 0.5), time: time)
        async let all = stream.readAll()
        let timer = await loop.nextTimer()
        #expect(timer.delay == .seconds(4))
        time.advance(by: .seconds(4))
        timer.fire()
        #expect(try await all.end == .failed(.timeout(.betweenTokens)))
    }

    @Test func answerThatLacksOnlyItsMarkIsCompleteWhenTheDripEnds() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport(
            [.stream(Text.token("a") + Text.finish, ending: .open)], eventLoop: loop)
        let stream = try await transport.stream(
            limits: ExchangeLimits(minThroughput: 0.5, throughputWindow: .seconds(10)), time: time)
        async let all = stream.readAll()
        await loop.nextTimer().fire()
        #expect(try await all.end == .unmarked)
    }

    @Test func floodOfKeepAlivesDoesNotOutrunTheNextToken() async throws {
        let pings = Array(repeating: ByteBuffer(string: ": ping\n\n"), count: 1_000)
        let transport = ScriptedTransport(.stream([ByteBuffer(string: Text.token("a"))] + pings, ending: .open))
        let stream = try await transport.stream(
            limits: ExchangeLimits(betweenTokens: .seconds(4)), time: ManualTime(step: .milliseconds(100)))
        let end = try await stream.readAll().end
        #expect(end == .failed(.timeout(.betweenTokens)))
        #expect(transport.cancellations == 1)
    }
}

extension String.UTF8View {
    fileprivate func chunks(of size: Int) -> [SubSequence] {
        var rest = self[...]
        var chunks: [SubSequence] = []
        while !rest.isEmpty {
            chunks.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return chunks
    }
}
