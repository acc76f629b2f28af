import HTTPTypes
import Hummingbird
import NIOCore
import SageLLM
import SageResilience
import TestSupport
import Testing

@testable import SageGateway

struct EndpointTests {
    typealias Text = ChatText

    // MARK: Chat

    @Test func completionCarriesItsFields() async throws {
        let answer = try await ServerFixture(ScriptedTransport(.completion("hello"))).chat()
        #expect(answer.status == 200)
        #expect(answer.body == Text.completion("hello"))
        #expect(answer["content-type"] == "application/json")
        #expect(answer["x-sage-target"] == "a/m")
        #expect(answer["x-sage-attempts"] == "1")
        #expect(answer["x-sage-fallbacks"] == "0")
        #expect(answer["x-sage-request-id"]?.hasPrefix("req_") == true)
        #expect(Double(answer["x-sage-overhead-ms"] ?? "") != nil)
    }

    @Test func streamCarriesItsFieldsAndItsBytes() async throws {
        let text = Text.role + Text.token("a") + Text.finish + Text.done
        let answer = try await ServerFixture(ScriptedTransport(.stream(text))).chat(ServerFixture.streamBody)
        #expect(answer.status == 200)
        #expect(answer.body == text)
        #expect(answer["content-type"] == "text/event-stream")
        #expect(answer["cache-control"] == "no-cache")
        #expect(answer["x-sage-target"] == "a/m")
    }

    @Test func requestIDsDiffer() async throws {
        let fixture = try ServerFixture()
        let first = try await fixture.chat()["x-sage-request-id"]
        let second = try await fixture.chat()["x-sage-request-id"]
        #expect(first != second)
        #expect(fixture.relay.log.entries.last?["request_id"] == second)
    }

    @Test func errorCarriesItsFieldsToo() async throws {
        let answer = try await ServerFixture(ScriptedTransport(.error(401))).chat()
        #expect(answer.status == 502)
        #expect(answer.error?.codeText == "upstream_error")
        #expect(answer.error?.upstream?.status == 401)
        #expect(answer["x-should-retry"] == "false")
        #expect(answer["x-sage-attempts"] == "1")
        #expect(answer["x-sage-target"] == "a/m")
        #expect(answer["x-sage-request-id"] != nil)
    }

    @Test(
        arguments: [
            ("", 400, "invalid_request"), ("{", 400, "invalid_request"), ("[]", 400, "invalid_request"),
            (#"{"messages":[{}]}"#, 400, "invalid_request"),
            (#"{"model":"nope","messages":[{}]}"#, 404, "model_not_found"),
            (String(repeating: "x", count: 1_025), 413, "request_too_large"),
        ])
    func badRequestNeverReachesAProvider(_ body: String, _ status: Int, _ code: String) async throws {
        let transport = ScriptedTransport(.completion())
        let fixture = try ServerFixture(transport)
        let answer = try await fixture.chat(body)
        #expect(answer.status == status)
        #expect(answer.error?.codeText == code)
        #expect(answer["x-sage-request-id"] != nil)
        #expect(transport.calls == 0)
        #expect(fixture.relay.log.entries.last?["outcome"] == "client_error")
    }

    @Test(arguments: ["/v1beta/models/", "/v1/models/", "//v1beta//models/"])
    func geminiIsServedUnderEachOfItsVersions(_ prefix: String) async throws {
        let fixture = try ServerFixture()
        let unknown = try await fixture.send(.post, prefix + "smart:sing", body: "{}")
        #expect(unknown.status == 404)
        #expect(unknown.json?["error"]?["message"]?.stringValue?.hasPrefix("no such method") == true)
        let absent = try await fixture.send(.post, prefix + "nope:generateContent", body: #"{"contents":[{}]}"#)
        #expect(absent.json?["error"]?["status"] == "NOT_FOUND")
        #expect(absent.json?["error"]?["message"]?.stringValue?.contains(#""nope""#) == true)
    }

    @Test func bodyThatAnnouncesTooMuchIsRefusedUnread() async throws {
        let answer = try await ServerFixture().chat("{}", [.contentLength: "999999999999"])
        #expect(answer.status == 413)
    }

    @Test func clientThatIsGoneIsACancellation() async throws {
        let transport = ScriptedTransport(.silence)
        let fixture = try ServerFixture(transport)
        let answer = Task { try await fixture.chat() }
        await transport.waitForCalls(1)
        fixture.monitor.close()
        #expect(try await answer.value.status == 499)
        #expect(transport.cancellations == 1)
        #expect(fixture.relay.log.entries.last?["outcome"] == "cancelled")
        #expect(fixture.relay.target("a/m").breaker.snapshot().calls == 0)
    }

    @Test func clientThatGoesInAStreamEndsTheExchange() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let fixture = try ServerFixture(transport)
        let answer = Task { try await fixture.chat(ServerFixture.streamBody) }
        _ = await loop.nextTimer()
        fixture.monitor.close()
        await #expect(throws: CancellationError.self) { try await answer.value }
        #expect(transport.cancellations == 1)
        #expect(fixture.relay.target("a/m").breaker.snapshot().calls == 0)
        #expect(fixture.relay.target("a/m").inFlight == 0)
    }

    // MARK: A shutdown whose grace is over

    @Test func requestThatHangsIsAnsweredWhenItIsInterrupted() async throws {
        let transport = ScriptedTransport(.silence)
        let fixture = try ServerFixture(transport)
        let answer = Task { try await fixture.chat() }
        await transport.waitForCalls(1)
        fixture.connections.interruptAll()
        #expect(try await answer.value.status == 503)
        #expect(try await answer.value.error?.codeText == "interrupted")
        #expect(try await answer.value["x-sage-request-id"] == fixture.relay.log.entries.last?["request_id"])
        #expect(fixture.relay.log.entries.last?["error_code"] == "interrupted")
        #expect(transport.cancellations == 1)
    }

    @Test func streamThatHangsEndsWithAnErrorWhenItIsInterrupted() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.stream(Text.token("a"), ending: .open)], eventLoop: loop)
        let fixture = try ServerFixture(transport)
        let answer = Task { try await fixture.chat(ServerFixture.streamBody) }
        _ = await loop.nextTimer()
        fixture.connections.interruptAll()
        let body = try await answer.value.body
        #expect(body.hasPrefix(Text.token("a")))
        #expect(body.contains(#""code":"interrupted""#))
        #expect(fixture.relay.log.entries.last?["error_code"] == "interrupted")
        #expect(transport.cancellations == 1)
    }

    @Test func refusedRequestGetsNoSecondAccessLine() async throws {
        let transport = ScriptedTransport(.silence)
        let fixture = try ServerFixture(transport)
        let answer = Task { try await fixture.chat() }
        await transport.waitForCalls(1)
        fixture.monitor.refuse()
        _ = try await answer.value
        #expect(!fixture.relay.log.entries.contains { $0.message == "request" })
    }

    // MARK: Unexpected errors

    @Test func unexpectedErrorIsAnsweredAndEndsTheReport() async throws {
        let fixture = try ServerFixture()
        let body = RequestBody(asyncSequence: FailingBody())
        let answer = try await fixture.send(.post, "/v1/chat/completions", body: body)
        #expect(answer.status == 503)
        #expect(answer.error?.codeText == "overloaded")
        #expect(answer["retry-after"] == "1")
        let line = try #require(fixture.relay.log.entries.last { $0.message == "request" })
        #expect(line["status"] == "503")
        #expect(line["request_id"] == answer["x-sage-request-id"])
        #expect(fixture.relay.log.entries.contains { $0["error_type"] == "UnexpectedReply" })
    }

    // MARK: Routing

    @Test(arguments: ["/v1/chat/completions", "/v1/nothing", "/"])
    func errorForHeadHasNoBody(path: String) async throws {
        let fixture = try ServerFixture()
        let head = try await fixture.send(.head, path)
        let get = try await fixture.send(.get, path)
        #expect(head.status == get.status)
        #expect(head.body.isEmpty)
        #expect(!get.body.isEmpty)
        #expect(Int(head["content-length"] ?? "") ?? 0 > 0, "what a GET would get")
    }

    @Test(
        arguments: [
            (.get, "/v1/chat/completions", "POST"), (.get, "/v1/chat/completions/", "POST"),
            (.delete, "/v1/models", "GET, HEAD"),
            (.post, "/health", "GET, HEAD"), (.post, "/health/live", "GET, HEAD"),
            (.put, "/health/ready", "GET, HEAD"), (.post, "/status", "GET, HEAD"),
        ] as [(HTTPRequest.Method, String, String)])
    func wrongMethodIsToldTheRightOne(_ method: HTTPRequest.Method, _ path: String, _ allowed: String) async throws {
        let answer = try await ServerFixture().send(method, path)
        #expect(answer.status == 405)
        #expect(answer["allow"] == allowed)
        #expect(answer.error?.codeText == "invalid_request")
        #expect(answer.error?.message.contains(allowed) == true)
    }

    @Test(arguments: ["/v1/models", "/health", "/health/live", "/health/ready", "/status"])
    func headIsGetWithoutTheBody(path: String) async throws {
        let answer = try await ServerFixture().send(.head, path)
        #expect(answer.status == 200)
    }

    @Test(
        arguments: [
            "/", "/v1", "/v1/nothing", "/v1/chat/completions/x", "/%00", "/" + String(repeating: "x", count: 5_000),
        ])
    func unknownPathIsAnError(path: String) async throws {
        let answer = try await ServerFixture().send(.get, path)
        #expect(answer.status == 404)
        #expect(answer.error?.codeText == "invalid_request")
        #expect(answer.body.utf8.count < 500)
        #expect(answer["x-sage-request-id"] != nil)
    }

    @Test(
        arguments: [
            ("/v1/models/smart", [:], "id", "smart"), ("/v1/models/a/m", [:], "id", "a/m"),
            ("/v1/models/smart", [.anthropicVersion: "2023-06-01"], "display_name", "smart"),
            ("/v1beta/models/smart", [:], "name", "models/smart"),
        ] as [(String, HTTPFields, String, String)])
    func aModelIsShownInTheWordsOfTheClient(
        _ path: String, _ headers: HTTPFields, _ field: String, _ value: String
    ) async throws {
        let answer = try await ServerFixture().send(.get, path, headers: headers)
        #expect(answer.status == 200)
        #expect(answer.json?[field]?.stringValue == value)
    }

    @Test(arguments: ["/v1/models/nope", "/v1beta/models/nope"])
    func aModelThatThereIsNotIsNotFound(path: String) async throws {
        let answer = try await ServerFixture().send(.get, path)
        #expect(answer.status == 404)
        #expect(answer.json?["error"]?["message"]?.stringValue?.contains(#""nope" is not known"#) == true)
    }

    @Test func modelsAreListedInTheWordsOfEachProtocol() async throws {
        let fixture = try ServerFixture()
        let anthropic = try await fixture.send(.get, "/v1/models", headers: [.anthropicVersion: "2023-06-01"])
        #expect(anthropic.json?["first_id"] == "smart")
        #expect(anthropic.json?["data"]?[1]?["type"] == "model")
        let gemini = try await fixture.send(.get, "/v1beta/models")
        #expect(gemini.json?["models"]?[1]?["name"] == "models/a/m")
    }

    @Test func requestsForListsAndForNothingHaveTheirLine() async throws {
        let fixture = try ServerFixture()
        for path in ["/v1/models", "/v1/models/smart", "/nothing", "/health"] {
            _ = try await fixture.send(.get, path)
        }
        _ = try await fixture.send(.delete, "/status")
        let lines = fixture.relay.log.entries.filter { $0.message == "request" }
        #expect(lines.map { $0["route"] } == ["/v1/models", "/v1/models/**", "unknown", "/status"])
        #expect(lines.map { $0["status"] } == ["200", "200", "404", "405"])
    }

    @Test func modelsAreListed() async throws {
        let answer = try await ServerFixture().send(.get, "/v1/models")
        #expect(answer.status == 200)
        #expect(answer.json?["object"] == "list")
        #expect(answer.json?["data"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == ["smart", "a/m"])
    }
}

/// A body that cannot be read.
private struct FailingBody: AsyncSequence, Sendable {
    struct AsyncIterator: AsyncIteratorProtocol {
        mutating func next() async throws -> ByteBuffer? { throw UnexpectedReply() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator() }
}
