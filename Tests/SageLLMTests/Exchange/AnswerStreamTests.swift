import NIOCore
import SageLLM
import TestSupport
import Testing

struct AnswerStreamTests {
    typealias Text = ChatText

    // MARK: Before the first token

    @Test func streamIsCommittedByItsFirstTokenAndNotBefore() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.role, ending: .open)], eventLoop: loop)
        let start = Task { try await transport.stream() }
        _ = await loop.nextTimer()
        // The role has been read, and the exchange goes on waiting.
        let body = try #require(transport.bodies.first)
        _ = body.receive(ByteBuffer(string: Text.token("hi")), resume: {})
        var stream = try await start.value
        guard case .events(let events) = try await stream.next() else { throw UnexpectedAnswer() }
        #expect(String(buffer: events) == Text.role + Text.token("hi"))
        stream.cancel()
    }

    @Test(
        arguments: [
            ([Text.error("boom")], .streamError),
            ([Text.role, Text.error("boom")], .streamError),
            ([Text.role + Text.event(#"{"object":"error","message":"m"}"#)], .streamError),
            ([Text.role], .truncatedStream),
            ([""], .truncatedStream),
            ([Text.done], .truncatedStream),
            ([Text.role, Text.done], .truncatedStream),
            (["data: {\"choi"], .truncatedStream),
            (["data: not json\n\n"], .malformedAnswer),
            ([Text.role, "data: {\"choices\":[}\n\n"], .malformedAnswer),
        ] as [([String], ProviderError.Kind)])
    func failureBeforeTheFirstTokenIsThrown(_ parts: [String], _ kind: ProviderError.Kind) async throws {
        let reply = ScriptedReply.stream(parts.map { ByteBuffer(string: $0) }, ending: .complete)
        #expect(try await ScriptedTransport(reply).failure(isStream: true).kind == kind)
    }

    @Test func errorBeforeTheFirstTokenEndsTheExchange() async throws {
        let transport = ScriptedTransport(.stream(Text.role, Text.error(), ending: .open))
        _ = try await transport.failure(isStream: true)
        #expect(transport.cancellations == 1)
    }

    @Test func connectionLostBeforeTheFirstTokenIsThrown() async throws {
        let reply = ScriptedReply.stream(Text.role, ending: .failure(.connection(.connectionReset)))
        #expect(try await ScriptedTransport(reply).failure(isStream: true).kind == .transport(.connectionReset))
    }

    @Test func firstTokenThatDoesNotComeIsATimeout() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.role, ending: .open)], eventLoop: loop)
        async let failure = transport.failure(isStream: true, limits: ExchangeLimits(firstToken: .seconds(9)))
        let timer = await loop.nextTimer()
        #expect(timer.delay <= .seconds(9))
        timer.fire()
        let error = try await failure
        #expect(error.kind == .timeout(.firstToken))
        #expect(error.message.contains("9.0 seconds"))
    }

    @Test func keepAlivesDoNotProlongTheWaitForTheFirstToken() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(": ping\n\n", ending: .open)], eventLoop: loop)
        async let failure = transport.failure(
            isStream: true, limits: ExchangeLimits(firstToken: .seconds(9)), time: ManualTime(step: .milliseconds(100)))
        var last = await loop.nextTimer()
        for _ in 0..<3 {
            _ = transport.bodies[0].receive(ByteBuffer(string: ": ping\n\n"), resume: {})
            let next = await loop.nextTimer()
            #expect(next.delay < last.delay)
            last = next
        }
        last.fire()
        let error = try await failure
        #expect(error.kind == .timeout(.firstToken))
    }

    @Test func endlessStreamWithoutContentIsRefused() async throws {
        let filler = Text.event(#"{"choices":[],"x":"\#(String(repeating: "x", count: 100_000))"}"#)
        let parts = Array(repeating: ByteBuffer(string: filler), count: 12)
        let transport = ScriptedTransport(
            .stream(parts, ending: .open))
        let error = try await transport.failure(isStream: true)
        #expect(error.kind == .malformedAnswer)
        #expect(error.message.contains("without content"))
        #expect(transport.cancellations == 1)
    }

    // MARK: Up to the end

    @Test func wholeStreamIsForwardedWithItsMarker() async throws {
        let parts = [Text.role, Text.token("a"), Text.token("b"), Text.finish, Text.usage, Text.done]
        let transport = ScriptedTransport(.stream(parts.joined()))
        var stream = try await transport.stream()
        let usage = stream.usage
        #expect(usage?.total == 8, "everything came in one chunk")
        let (text, end) = try await stream.readAll()
        #expect(text == parts.joined())
        #expect(end == .marked)
        #expect(transport.cancellations == 0)
        stream = try await transport.stream()
        stream.cancel()
    }

    @Test func finishReasonWithoutMarkerIsComplete() async throws {
        let (text, end) = try await ScriptedTransport(.stream(Text.token("a"), Text.finish)).stream().readAll()
        #expect(text == Text.token("a") + Text.finish)
        #expect(end == .unmarked)
    }

    @Test func markerWithoutItsEmptyLineIsLeftToTheGateway() async throws {
        let (text, end) = try await ScriptedTransport(.stream(Text.token("a"), "data: [DONE]")).stream().readAll()
        #expect(text == Text.token("a"))
        #expect(end == .unmarked)
    }

    @Test func everyChoiceMustFinish() async throws {
        let (_, end) = try await ScriptedTransport(.stream(Text.token("a"), Text.finish)).stream(choices: 2).readAll()
        #expect(end == .failed(.truncatedStream))
    }

    @Test func finishWithoutAnyContentIsComplete() async throws {
        let (text, end) = try await ScriptedTransport(.stream(Text.role, Text.finish, Text.done)).stream().readAll()
        #expect(text == Text.role + Text.finish + Text.done)
        #expect(end == .marked)
    }

    @Test(
        arguments: [
            (["x"], .complete, .failed(.truncatedStream)),
            (["x", "data: {\"choices\":"], .complete, .failed(.truncatedStream)),
            (["x", Text.error()], .open, .failed(.streamError)),
            (["x", "data: not json\n\n"], .open, .failed(.malformedAnswer)),
            (
                ["x"], .failure(.connection(.connectionClosed)),
                .failed(.transport(.connectionClosed))
            ),
        ] as [([String], ScriptedReply.Ending, StreamEnd)])
    func streamThatBreaksOffFailsAfterItsGoodEvents(
        _ rest: [String], _ ending: ScriptedReply.Ending, _ expected: StreamEnd
    ) async throws {
        let good = Text.role + Text.token("a")
        let parts = [good] + rest.dropFirst()
        let reply = ScriptedReply.stream(parts.map { ByteBuffer(string: $0) }, ending: ending)
        let transport = ScriptedTransport(reply)
        let (text, end) = try await transport.stream().readAll()
        #expect(text == good)
        #expect(end == expected)
        if case .open = ending { #expect(transport.cancellations == 1) }
    }

    @Test func errorInTheChunkOfTheFirstTokenBelongsToTheStream() async throws {
        let (text, end) = try await ScriptedTransport(.stream(Text.token("a") + Text.error())).stream().readAll()
        #expect(text == Text.token("a"))
        #expect(end == .failed(.streamError))
    }

    @Test func nothingIsLostWhenTheConnectionGoesAfterTheFinishReason() async throws {
        let reply = ScriptedReply.stream(
            Text.token("a"), Text.finish, ending: .failure(.connection(.connectionReset)))
        let (text, end) = try await ScriptedTransport(reply).stream().readAll()
        #expect(text == Text.token("a") + Text.finish)
        #expect(end == .unmarked)
    }

    @Test func tokenThatDoesNotComeIsATimeout() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let stream = try await transport.stream(limits: ExchangeLimits(betweenTokens: .seconds(4)))
        async let all = stream.readAll()
        let timer = await loop.nextTimer()
        #expect(timer.delay <= .seconds(4))
        timer.fire()
        let end = try await all.end
        #expect(end == .failed(.timeout(.betweenTokens)))
        #expect(transport.cancellations == 1)
    }

    @Test func endIsReportedAgainWhenAskedAgain() async throws {
        var stream = try await ScriptedTransport(.stream(Text.token("a") + Text.error())).stream()
        _ = try await stream.next()
        for _ in 0..<2 {
            guard case .failed = try await stream.next() else { throw UnexpectedAnswer() }
        }
    }

    @Test func cancelledStreamThrows() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let stream = try await transport.stream()
        let cancel = stream.canceller
        let reading = Task { try await stream.readAll() }
        _ = await loop.nextTimer()
        cancel()
        await #expect(throws: CancellationError.self) { try await reading.value }
        #expect(transport.cancellations == 1)
    }

    // MARK: Byte for byte

    @Test func keepAlivesAreDroppedBeforeTheFirstTokenAndForwardedAfter() async throws {
        let ping = ": ping\n\n"
        let reply = ScriptedReply.stream(ping, Text.role, ping, Text.token("a"), ping, Text.finish, ping, Text.done)
        let (text, end) = try await ScriptedTransport(reply).stream().readAll()
        #expect(text == Text.role + Text.token("a") + ping + Text.finish + ping + Text.done)
        #expect(end == .marked)
    }

    /// However the network cuts a stream, the client gets its bytes.
    @Test(arguments: ["\n", "\r\n", "\r"], 0..<20)
    func anyChunkingGivesTheSameBytes(lineEnd: String, seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let events = [
            Text.role, Text.token("a"), ": ping\n\n", Text.token("ä漢😀"), "event: message\nid: 7\n" + Text.token("b"),
            Text.event("{\"choices\":[],\ndata: \"x\":1}"), Text.finish, Text.usage, Text.done,
        ]
        let whole = events.joined().split(separator: "\n", omittingEmptySubsequences: false).joined(separator: lineEnd)
        var rest = ByteBuffer(string: whole)
        var parts: [ByteBuffer] = []
        while rest.readableBytes > 0 {
            let most = min(rest.readableBytes, 1 << Int.random(in: 0...7, using: &random))
            if let part = rest.readSlice(length: Int.random(in: 1...most, using: &random)) { parts.append(part) }
        }
        let reply = ScriptedReply.stream(parts, ending: .complete)
        let (text, end) = try await ScriptedTransport(reply).stream().readAll()
        #expect(end == .marked)
        // The stream is over with the marker's first line end; a line feed that comes on its own adds nothing.
        #expect(text == whole || text + "\n" == whole)
    }
}
