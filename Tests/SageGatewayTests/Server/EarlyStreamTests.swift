import HTTPTypes
import NIOCore
import NIOEmbedded
import SageLLM
import SageTesting
import TestSupport
import Testing

@testable import SageGateway

/// Streams whose answer has begun with pings, before anybody knew who would answer.
@Suite(.timeLimit(.minutes(10)))
struct EarlyStreamTests {
    private static let messages =
        #"{"model":"smart","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"stream":true}"#
    private static let contents = #"{"contents":[{"parts":[{"text":"hi"}]}]}"#

    private static let answer = ChatText.token("hello") + ChatText.finish + ChatText.done

    /// Asks for a stream whose first token takes longer than the client is left without a sign of life.
    private func ask(_ path: String, _ body: String, _ answer: String?, pings: Bool = true) async throws -> String {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream([], ending: .open)], eventLoop: loop)
        let fixture = try ServerFixture(transport) { $0.policies["default"]?.retry.maxAttempts = 1 }
        async let text = fixture.send(.post, path, body: body).body
        // The first token is waited for.
        _ = await loop.nextTimer()
        if pings { await fixture.channel.testingEventLoop.advanceTime(by: .seconds(10)) }
        if let answer {
            _ = transport.bodies[0].receive(ByteBuffer(string: answer), resume: {})
            transport.bodies[0].finish()
        } else {
            transport.bodies[0].finish(.failure(.connection(.connectionReset, detail: "gone")))
        }
        return try await text
    }

    @Test(arguments: [("/v1/chat/completions", ServerFixture.streamBody), ("/v1/messages", messages)])
    func whoAnsweredIsToldInComments(path: String, body: String) async throws {
        let text = try await ask(path, body, Self.answer)
        let end = try #require(text.firstRange(of: "\n\n")).lowerBound
        let lines = Set(text[..<end].split(separator: "\n"))
        #expect(lines.isSuperset(of: [": x-sage-target: a/m", ": x-sage-attempts: 1", ": x-sage-fallbacks: 0"]))
        #expect(lines.allSatisfy { $0.hasPrefix(": x-") })
        #expect(text.contains("hello"))
    }

    @Test func anErrorHasThemToo() async throws {
        let text = try await ask("/v1/chat/completions", ServerFixture.streamBody, nil)
        #expect(text.hasPrefix(": x-sage-target: a/m\n: x-sage-attempts: 1\n"))
        #expect(text.contains("\n\ndata: {\"error\":"))
    }

    @Test func geminisClientsGetNoComments() async throws {
        let text = try await ask(
            "/v1beta/models/smart:streamGenerateContent?alt=sse", Self.contents, Self.answer)
        #expect(text.hasPrefix("data: "))
    }

    @Test func anAnswerThatBeginsInTimeHasFieldsAndNoComments() async throws {
        let text = try await ask("/v1/chat/completions", ServerFixture.streamBody, Self.answer, pings: false)
        #expect(text.hasPrefix("data: "))
    }
}
