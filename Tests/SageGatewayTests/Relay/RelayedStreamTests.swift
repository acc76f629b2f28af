import NIOCore
import SageLLM
import SageResilience
import TestSupport
import Testing

@testable import SageGateway

struct RelayedStreamTests {
    typealias Text = ChatText

    func fixture(
        _ parts: String..., ending: ScriptedReply.Ending = .complete, loop: TimerLoop? = nil
    ) throws -> RelayFixture {
        let reply = ScriptedReply.stream(parts.map { ByteBuffer(string: $0) }, ending: ending)
        return try RelayFixture(loop.map { ScriptedTransport([reply], eventLoop: $0) } ?? ScriptedTransport(reply))
    }

    @Test func wholeStreamIsASuccessAtItsEnd() async throws {
        let fixture = try fixture(Text.token("a"), Text.finish + Text.usage, Text.done)
        let target = fixture.target("a/m")
        do {
            let stream = try await fixture.stream(fixture.request(stream: true))
            #expect(target.inFlight == 1)
            #expect(target.breaker.snapshot().calls == 0)
            #expect(try await stream.readAll() == Text.token("a") + Text.finish + Text.usage + Text.done)
        }
        #expect(target.breaker.snapshot().calls == 1)
        #expect(target.breaker.snapshot().failures == 0)
        #expect(target.inFlight == 0)
        #expect(target.budget.activeCalls == 0)
        let line = try #require(fixture.log.entries.last)
        #expect(line["outcome"] == "success")
        #expect(line["tokens"] == "8")
        #expect(fixture.transports["a"]?.cancellations == 0)
    }

    @Test func missingMarkerIsAdded() async throws {
        let fixture = try fixture(Text.token("a"), Text.finish)
        let stream = try await fixture.stream(fixture.request(stream: true))
        #expect(try await stream.readAll() == Text.token("a") + Text.finish + Text.done)
    }

    @Test func streamThatBreaksOffEndsWithAnErrorThatLibrariesUnderstand() async throws {
        let fixture = try fixture(Text.token("a"))
        let stream = try await fixture.stream(fixture.request(stream: true))
        let text = try await stream.readAll()
        #expect(text.hasPrefix(Text.token("a")))
        var parser = ServerSentEventParser()
        parser.append(ByteBuffer(string: String(text.dropFirst(Text.token("a").count))))
        let event = try #require(try parser.next())
        #expect(try parser.next() == nil, "no marker of a good end follows")
        let envelope = try OpenAIErrorEnvelope(parsing: event.data)
        #expect(envelope.error.codeText == "upstream_truncated")
        #expect(envelope.error.upstream?.target == "a/m")
        #expect(fixture.target("a/m").breaker.snapshot().failures == 1)
        #expect(fixture.log.entries.last?["outcome"] == "provider_error")
        #expect(fixture.log.entries.count == 1)
    }

    @Test func errorInsideTheStreamIsNotSentTwice() async throws {
        let fixture = try fixture(Text.token("a"), Text.error("boom"))
        let stream = try await fixture.stream(fixture.request(stream: true))
        let text = try await stream.readAll()
        #expect(text.ranges(of: "boom").count == 1)
        #expect(text.contains(#""code":"upstream_error""#))
    }

    @Test func readerThatIsDroppedEndsTheExchangeAndIsIgnored() async throws {
        let fixture = try fixture(Text.token("a"), ending: .open)
        do {
            var reader = try await fixture.stream(fixture.request(stream: true)).makeReader(isClientGone: { true })
            _ = try await reader.next()
            #expect(fixture.transports["a"]?.cancellations == 0)
        }
        #expect(fixture.transports["a"]?.cancellations == 1)
        #expect(fixture.target("a/m").breaker.snapshot().calls == 0)
        #expect(fixture.target("a/m").inFlight == 0)
        #expect(fixture.log.entries.last?["outcome"] == "cancelled")
    }

    @Test func clientThatGoesWhileTheReaderWaitsEndsItWithCancellation() async throws {
        let loop = TimerLoop()
        let fixture = try fixture(Text.token("a"), ending: .open, loop: loop)
        do {
            let stream = try await fixture.stream(fixture.request(stream: true))
            let reading = Task {
                var reader = stream.makeReader(isClientGone: { true })
                while try await reader.next() != nil {}
            }
            _ = await loop.nextTimer()
            stream.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
        }
        #expect(fixture.transports["a"]?.cancellations == 1)
        #expect(fixture.target("a/m").breaker.snapshot().calls == 0)
    }

    @Test func serverThatStopsSaysSo() async throws {
        let loop = TimerLoop()
        let fixture = try fixture(Text.token("a"), ending: .open, loop: loop)
        let stream = try await fixture.stream(fixture.request(stream: true))
        let reading = Task { try await stream.readAll() }
        _ = await loop.nextTimer()
        reading.cancel()
        let text = try await reading.value
        #expect(text.hasPrefix(Text.token("a")))
        #expect(text.contains(#""code":"interrupted""#))
        #expect(fixture.transports["a"]?.cancellations == 1)
        #expect(fixture.target("a/m").breaker.snapshot().calls == 0)
        #expect(fixture.log.entries.last?["outcome"] == "policy_rejected")
    }

    @Test func silenceAfterTheFirstTokenIsAFailure() async throws {
        let loop = TimerLoop()
        let fixture = try fixture(Text.token("a"), ending: .open, loop: loop)
        let stream = try await fixture.stream(fixture.request(stream: true))
        let reading = Task { try await stream.readAll() }
        await loop.nextTimer().fire()
        #expect(try await reading.value.contains(#""error""#))
        #expect(fixture.target("a/m").breaker.snapshot().failures == 1)
    }
}
