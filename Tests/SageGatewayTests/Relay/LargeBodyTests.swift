import HTTPTypes
import NIOCore
import NIOPosix
import SageLLM
import SageResilience
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

/// Bodies that are read and translated beside the event loop.
@Suite(.timeLimit(.minutes(10)))
struct LargeBodyTests {
    private static func request(_ text: String, content: String? = nil) throws -> InboundRequest {
        let content = content ?? #"{"role":"user","content":"\#(text)"}"#
        return try InboundRequest(
            .chatCompletions, headers: [:], body: ByteBuffer(string: #"{"model":"smart","messages":[\#(content)]}"#),
            id: "test")
    }

    private static let long = String(repeating: "long words ", count: 100_000)

    private func fixture(
        _ kind: GatewayConfiguration.Provider.Kind, _ transport: ScriptedTransport
    ) throws
        -> RelayFixture
    {
        try RelayFixture(transport) { $0.providers["a"]?.kind = kind }
    }

    @Test func aLargeBodyIsSentAndAnsweredLikeASmallOne() async throws {
        let transport = ScriptedTransport(.completion(Self.long))
        let fixture = try fixture(.openai, transport)
        let request = try Self.request(Self.long)
        #expect(request.isLarge)
        #expect(try await fixture.answer(request).contains(Self.long))
        #expect(transport.requests[0].body.readableBytes == request.body.readableBytes - "smart".utf8.count + 1)
    }

    @Test func aLargeBodyIsTranslated() async throws {
        let transport = ScriptedTransport(
            .json(#"{"candidates":[{"content":{"parts":[{"text":"hi"}]},"finishReason":"STOP"}]}"#))
        let fixture = try fixture(.gemini, transport)
        #expect(try await fixture.answer(Self.request(Self.long)).contains(#""content":"hi""#))
        #expect(
            try JSONValue(parsing: transport.requests[0].body)["contents"]?[0]?["parts"]?[0]?["text"]
                == .string(Self.long))
    }

    @Test func aLargeBodyThatCannotBeTranslatedIsRefused() async throws {
        let transport = ScriptedTransport(.completion())
        let fixture = try fixture(.gemini, transport)
        let request = try Self.request("", content: #"{"role":"nobody","content":"\#(Self.long)"}"#)
        let error = await #expect(throws: GatewayError.self) { try await fixture.answer(request) }
        #expect(error?.status == 400)
        #expect(transport.calls == 0)
    }

    @Test func aClientThatLeavesMeanwhileCostsNothing() async throws {
        let transport = ScriptedTransport(.completion())
        let fixture = try RelayFixture(transport) { $0.providers["a"]?.limits = .init(requestsPerMinute: 5) }
        let request = try Self.request(Self.long)
        let answer = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await fixture.answer(request)
        }
        await #expect(throws: CancellationError.self) { _ = try await answer.value }
        #expect(transport.calls == 0)
        #expect(fixture.target("a/m").limits.shared?.requests?.snapshot().availablePermits == 5)
    }

    @Test func largeWorkLeavesTheEventLoopAndComesBack() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (isOnLoop, isBack) = try await withTaskExecutorPreference(EventLoopExecutor(loop)) {
            let isOnLoop = try await LargeWork.run { loop.inEventLoop }
            return (isOnLoop, loop.inEventLoop)
        }
        #expect(!isOnLoop)
        #expect(isBack)
    }
}
