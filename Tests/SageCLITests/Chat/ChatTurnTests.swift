import HTTPTypes
import NIOCore
import NIOPosix
import SageLLM
import SageResilience
import Synchronization
import Testing

@testable import SageCLI

struct ChatTurnTests {
    /// What the server does with one request.
    enum Step: Sendable {
        case answer(Int, String, [String: String] = [:])
        /// The answer breaks off after these bytes.
        case broken(String)
        case failure(UpstreamFailure)

        static func events(_ events: (String, String)...) -> Step { .answer(200, Self.text(events)) }
        static func cut(_ events: (String, String)...) -> Step { .broken(Self.text(events)) }

        private static func text(_ events: [(String, String)]) -> String {
            events.map { "event: \($0.0)\ndata: \($0.1)\n\n" }.joined()
        }
    }

    /// A server that does one thing after the other and keeps the requests.
    private final class Server: UpstreamTransport {
        private let steps: Mutex<ArraySlice<Step>>
        let requests = Mutex<[(path: String, body: JSONValue)]>([])

        init(_ steps: [Step]) {
            self.steps = Mutex(steps[...])
        }

        func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
            let body = (try? JSONValue(parsing: request.body)) ?? .null
            requests.withLock { $0.append((String(request.url.dropFirst("http://sage:1".count)), body)) }
            let step = steps.withLock { $0.popFirst() }
            let answer = UpstreamBody(eventLoop: MultiThreadedEventLoopGroup.singleton.any()) {}
            switch step {
            case .answer(let status, let text, let fields):
                _ = answer.receive(ByteBuffer(string: text)) {}
                answer.finish()
                var headers = HTTPFields()
                for (name, value) in fields { if let name = HTTPField.Name(name) { headers[name] = value } }
                return UpstreamResponse(status: status, headers: headers, body: answer)
            case .broken(let text):
                _ = answer.receive(ByteBuffer(string: text)) {}
                answer.finish(.failure(.connection(.connectionClosed, detail: "sage:1")))
                return UpstreamResponse(status: 200, headers: [:], body: answer)
            case .failure(let failure): throw failure
            case nil: throw .cancelled
            }
        }

        func shutdown() async {}
    }

    private static let refused = Step.failure(.connection(.connectFailed, detail: "sage:1 refused it"))
    private static let done = ("done", #"{"session_id":"s","reply":"one two"}"#)

    private func run(
        _ server: Server, message: String? = "hi", isKnown: Bool = true
    ) async throws -> (answer: JSONValue, events: [ChatTurn.Event]) {
        let client = ServerClient(
            server: try ServerAddress(url: "http://sage:1", token: "key", environment: [:]), transport: server)
        let turn = ChatTurn(client: client, retry: try .fixed("chat", delay: .zero, maxRetries: 3))
        var events: [ChatTurn.Event] = []
        let request = ChatTurn.Request(session: "s/1", message: message, key: "k", isServerKnown: isKnown)
        return (try await turn.run(request) { events.append($0) }, events)
    }

    private func text(_ events: [ChatTurn.Event]) -> String {
        events.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    @Test func showsEventsAsTheyCome() async throws {
        let server = Server([
            .events(
                ("session", #"{"session_id":"s"}"#), ("degraded", #"{"what":"memory","why":"down"}"#),
                ("delta", #"{"text":"one "}"#), ("tool", #"{"name":"find"}"#), ("ping", "{}"),
                ("delta", #"{"text":"two"}"#), Self.done)
        ])
        let (answer, events) = try await run(server)
        #expect(answer["reply"] == "one two")
        #expect(
            events == [
                .session("s"), .degraded("memory: down"), .text("one "), .tool("find"), .text("two"),
            ])
        let request = try #require(server.requests.withLock { $0.first })
        #expect(request.path == "/chat")
        #expect(request.body["session_id"] == "s/1")
        #expect(request.body["idempotency_key"] == "k")
        #expect(request.body["stream"] == true)
    }

    @Test("A break is bridged by asking again with the same key, and nothing is shown twice")
    func asksAgain() async throws {
        let server = Server([
            .cut(("delta", #"{"text":"one "}"#)), Self.refused, .answer(503, #"{"error":{"message":"starting"}}"#),
            .events(("delta", #"{"text":"one tw"}"#), Self.done),
        ])
        let (_, events) = try await run(server)
        #expect(text(events) == "one two")
        #expect(events.count { if case .again = $0 { true } else { false } } == 3)
        #expect(server.requests.withLock { $0.allSatisfy { $0.body["idempotency_key"] == "k" } })
    }

    @Test("A turn that a shutdown or a crash cut off goes on with the same message and key")
    func goesOn() async throws {
        let interrupted = ("error", #"{"error":{"message":"shutting down","code":"interrupted"}}"#)
        let server = Server([
            .events(("delta", #"{"text":"one "}"#), interrupted), Self.refused,
            .events(("delta", #"{"text":"one two"}"#), Self.done),
        ])
        let (_, events) = try await run(server)
        #expect(text(events) == "one two")
        let requests = server.requests.withLock { $0 }
        #expect(requests.map(\.path) == ["/chat", "/chat", "/chat"])
        #expect(requests.allSatisfy { $0.body["message"] == "hi" && $0.body["idempotency_key"] == "k" })
    }

    @Test("A resume has no key, because it has no message that could be told from another")
    func resumes() async throws {
        let server = Server([.events(("delta", #"{"text":"one two"}"#), Self.done)])
        let (_, events) = try await run(server, message: nil)
        #expect(text(events) == "one two")
        let request = try #require(server.requests.withLock { $0.first })
        #expect(request.path == "/sessions/s%2F1/resume")
        #expect(request.body == ["stream": true])
    }

    @Test("What became of a resume whose connection broke stands in the conversation")
    func resumeThatBroke() async throws {
        let server = Server([
            .cut(("delta", #"{"text":"one "}"#)), .answer(200, #"{"state":"running","messages":[]}"#),
            .answer(
                200,
                #"{"state":"idle","messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"one two"}]}"#
            ),
        ])
        let (answer, events) = try await run(server, message: nil)
        #expect(answer["reply"] == "one two")
        #expect(text(events) == "one two")
        #expect(
            server.requests.withLock { $0.map(\.path) } == [
                "/sessions/s%2F1/resume", "/sessions/s%2F1", "/sessions/s%2F1",
            ])
    }

    @Test("A resume that is cut off again is resumed again")
    func resumesAgain() async throws {
        let server = Server([
            .cut(("delta", #"{"text":"one "}"#)), .answer(200, #"{"state":"interrupted","messages":[]}"#),
            .events(("delta", #"{"text":"one two"}"#), Self.done),
        ])
        let (_, events) = try await run(server, message: nil)
        #expect(text(events) == "one two")
        #expect(server.requests.withLock { $0.last?.path } == "/sessions/s%2F1/resume")
    }

    @Test("A server that was never there is not waited for")
    func neverThere() async throws {
        let server = Server([Self.refused])
        let failure = await #expect(throws: CommandFailure.self) { _ = try await run(server, isKnown: false) }
        #expect(failure?.status == .unreachable)
        #expect(server.requests.withLock { $0.count } == 1)
    }

    @Test(
        "What stays wrong is not asked again",
        arguments: [
            Step.answer(400, #"{"error":{"message":"message is empty","code":"invalid_request"}}"#),
            .answer(409, #"{"error":{"message":"another turn runs","code":"conflict"}}"#),
            .answer(502, #"{"error":{"message":"the provider failed","code":"upstream_error"}}"#),
            .answer(503, #"{"error":{"message":"no"}}"#, ["x-should-retry": "false"]),
            .answer(200, "event: error\ndata: {\"error\":{\"message\":\"bad\",\"code\":\"upstream_error\"}}\n\n"),
            .answer(404, "<html>"),
        ])
    func refusals(step: Step) async throws {
        let server = Server([step])
        await #expect(throws: CommandFailure.self) { _ = try await run(server) }
        #expect(server.requests.withLock { $0.count } == 1)
    }

    @Test func givesUpAfterSomeTries() async throws {
        let server = Server([Self.refused, Self.refused, Self.refused, Self.refused, .events(Self.done)])
        let failure = await #expect(throws: CommandFailure.self) { _ = try await run(server) }
        #expect(failure?.status == .unreachable)
        #expect(server.requests.withLock { $0.count } == 4)
    }
}
