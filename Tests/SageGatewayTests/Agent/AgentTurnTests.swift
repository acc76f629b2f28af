import HTTPTypes
import NIOCore
import SageLLM
import SageSessions
import TestSupport
import Testing

@testable import SageGateway

struct AgentTurnTests {
    @Test func theNextTurnSeesTheOneBefore() async throws {
        let transport = ScriptedTransport(.completion("hello"), .completion("again"))
        try await AgentFixture.with(transport) { server in
            let first = try await server.turn("hi", ["memory": false])
            #expect(first.status == 200)
            #expect(first.json?["reply"] == "hello")
            #expect(first.json?["session_id"] == "s")
            #expect(first.json?["target"] == "a/m")
            #expect(first.json?["usage"]?["input_tokens"] == 3)
            #expect(first["x-sage-target"] == "a/m")
            #expect(try await server.turn("and now", ["memory": false]).json?["reply"] == "again")
            #expect(transport.lastMessages.compactMap { $0["content"]?.stringValue } == ["hi", "hello", "and now"])
            let session = try await server.send(.get, "/sessions/s").json
            #expect(session?["state"] == "idle")
            #expect(session?["message_count"] == 4)
        }
    }

    @Test func aStreamEndsWithTheWholeAnswer() async throws {
        let reply = ScriptedReply.stream(
            ChatText.role, ChatText.token("on"), ChatText.token("e"), ChatText.finish, ChatText.usage, ChatText.done)
        try await AgentFixture.with(ScriptedTransport(reply)) { server in
            let answer = try await server.turn("hi", ["stream": true, "memory": false])
            #expect(answer["content-type"] == "text/event-stream")
            #expect(answer.body.hasPrefix("event: session\ndata: {\"session_id\":\"s\"}\n\n"))
            #expect(
                answer.body.contains("event: delta\ndata: {\"text\":\"on\"}\n\nevent: delta\ndata: {\"text\":\"e\"}"))
            #expect(answer.body.contains("event: done\ndata: {\"session_id\":\"s\",\"reply\":\"one\""))
        }
    }

    @Test func theSameKeyGetsTheSameAnswerOnce() async throws {
        let transport = ScriptedTransport(.completion("once"), .completion("twice"))
        try await AgentFixture.with(transport) { server in
            let key: JSONObject = ["idempotency_key": "k"]
            let first = try await server.turn("hi", key)
            let second = try await server.turn("hi", key)
            #expect(first.json == second.json)
            #expect(transport.calls == 1)
            let other = try await server.turn("else", key)
            #expect(other.status == 409)
            #expect(other.error?.code == "conflict")
            // The key belongs to its session.
            let elsewhere = try await server.turn("hi", ["idempotency_key": "k", "session_id": "t"])
            #expect(elsewhere.json?["reply"] == "twice")
        }
    }

    @Test func aFailedTurnTellsWhyAndKeepsTheMessage() async throws {
        let transport = ScriptedTransport(.error(400, "no such thing"))
        try await AgentFixture.with(transport) { server in
            let answer = try await server.turn("hi", ["idempotency_key": "k", "memory": false])
            #expect(answer.status == 400)
            #expect(answer.error?.message == "no such thing")
            let session = try await server.send(.get, "/sessions/s").json
            #expect(session?["state"] == "idle")
            #expect(session?["messages"]?[0]?["content"] == "hi")
            // The key of a turn that has failed is free again, and the message stands in the log once.
            transport.script(.completion("now"))
            #expect(try await server.turn("hi", ["idempotency_key": "k", "memory": false]).json?["reply"] == "now")
            #expect(transport.lastMessages.count == 1)
        }
    }

    @Test func aModelThatNobodyHasIsRefusedBeforeAnythingIsWritten() async throws {
        try await AgentFixture.with(ScriptedTransport(.completion())) { server in
            let answer = try await server.turn("hi", ["model": "nothing"])
            #expect(answer.error?.code == "model_not_found")
            #expect(try await server.send(.get, "/sessions/s").status == 404)
        }
    }

    @Test func aToolThatIsNotThereIsToldToTheModel() async throws {
        let transport = ScriptedTransport(AgentFixture.call("nothing"), .completion("sorry"))
        try await AgentFixture.with(transport, { $0.agent.memoryTools = true }) { server in
            let answer = try await server.turn("hi", ["memory": false])
            #expect(answer.json?["reply"] == "sorry")
            #expect(transport.lastMessages.last?["role"] == "tool")
            #expect(transport.lastMessages.last?["content"]?.stringValue?.contains("no tool of this name") == true)
        }
    }

    @Test func modelsCanRememberAndLookUp() async throws {
        let transport = ScriptedTransport(
            AgentFixture.call("memory_save", #"{"text":"Tea is at five"}"#, id: "c1"),
            AgentFixture.call("memory_search", #"{"query":"tea"}"#, id: "c1"), .completion("done"))
        try await AgentFixture.with(transport, { $0.agent.memoryTools = true }) { server in
            let answer = try await server.turn("hi", ["memory": false])
            #expect(answer.json?["reply"] == "done")
            #expect(transport.lastMessages.last?["content"]?.stringValue?.contains("Tea is at five") == true)
            // The provider has used one id for two calls.
            let ids = transport.lastMessages.compactMap { $0["tool_call_id"]?.stringValue }
            #expect(Set(ids).count == 2)
        }
    }

    @Test func roundsOfToolsAreBounded() async throws {
        let transport = ScriptedTransport(
            AgentFixture.call("memory_search", #"{"query":"a"}"#), AgentFixture.call("memory_search", #"{"query":"b"}"#)
        )
        try await AgentFixture.with(
            transport,
            {
                $0.agent.memoryTools = true
                $0.agent.maxToolRounds = 1
            }
        ) { server in
            let answer = try await server.turn("hi", ["memory": false])
            #expect(answer.status == 200)
            #expect(answer.json?["degraded"]?[0]?["what"] == "tools")
            #expect(transport.calls == 2)
            let last = try JSONValue(parsing: try #require(transport.requests.last).body)
            #expect(last["tool_choice"] == "none")
        }
    }

    @Test func withoutItsStoreChatIsNotAvailableAndModelsAre() async throws {
        let server = try ServerFixture(ScriptedTransport(.completion())) { $0.agent.model = "smart" }
        for answer in [
            try await server.turn("hi"), try await server.send(.get, "/sessions"),
            try await server.send(.get, "/memory/search?q=x"),
        ] {
            #expect(answer.status == 503)
            #expect(answer.error?.code == "store_unavailable")
            #expect(answer["retry-after"] == "1")
        }
        #expect(try await server.chat().status == 200)
    }

    @Test func aTurnThatIsInterruptedCanBeResumed() async throws {
        let transport = ScriptedTransport(.silence)
        try await AgentFixture.with(transport) { server in
            async let answer = server.turn("hi", ["memory": false])
            await transport.waitForCalls(1)
            #expect(try await server.turn("me too", ["memory": false]).status == 409)
            server.agent.runner.interruptAll()
            #expect(try await answer.error?.code == "interrupted")
            let listed = try await server.send(.get, "/sessions?state=interrupted").json
            #expect(listed?["sessions"]?[0]?["id"] == "s")
        }
    }

    @Test("Who asks again after the provider broke off gets the whole answer", arguments: [true, false])
    func theAnswerAfterABreakIsWhole(isStream: Bool) async throws {
        let transport = ScriptedTransport(
            .stream(
                [ChatText.role, ChatText.token("alpha "), ChatText.token("beta ")].map { ByteBuffer(string: $0) },
                ending: .failure(.connection(.connectionClosed, detail: "a"))))
        try await AgentFixture.with(transport) { server in
            let wish: JSONObject = ["idempotency_key": "k", "memory": false, "stream": true]
            let broken = try await server.turn("hi", wish)
            #expect(broken.body.contains("event: error"))
            transport.script(
                isStream
                    ? .stream(ChatText.role, ChatText.token("gamma"), ChatText.finish, ChatText.done)
                    : .completion("gamma"))
            var again = wish
            again["stream"] = .bool(isStream)
            let answer = try await server.turn("hi", again)
            if isStream {
                #expect(answer.body.contains(#"event: delta\ndata: {"text":"alpha beta "}"#.unescaped))
                #expect(answer.body.contains(#""reply":"alpha beta gamma""#))
            } else {
                #expect(answer.json?["reply"] == "alpha beta gamma")
            }
            // The same key gets the same again, from the log.
            #expect(try await server.turn("hi", ["idempotency_key": "k"]).json?["reply"] == "alpha beta gamma")
            #expect(transport.calls == 2)
        }
    }

    @Test("A message that was refused stands in the conversation once, however often it is repeated")
    func whatIsRefusedIsNotMultiplied() async throws {
        let transport = ScriptedTransport(.error(400, "no"))
        try await AgentFixture.with(transport) { server in
            for _ in 0..<3 { _ = try await server.turn("down", ["memory": false]) }
            transport.script(.completion("up"))
            _ = try await server.turn("down", ["memory": false])
            #expect(transport.lastMessages.compactMap { $0["content"]?.stringValue } == ["down"])
            _ = try await server.turn("down", ["memory": false])
            #expect(transport.lastMessages.compactMap { $0["content"]?.stringValue } == ["down", "up", "down"])
        }
    }

    @Test func aMessageBeyondTheLimitOfAKeyLeavesNothing() async throws {
        let transport = ScriptedTransport(.completion("one"))
        try await AgentFixture.with(
            transport,
            {
                $0.keys = [.init(name: "k", hash: KeyDigest(key: "sk-1"))]
                $0.keys[0].requestsPerMinute = 1
            }
        ) { server in
            let headers: HTTPFields = [.authorization: "Bearer sk-1"]
            #expect(try await server.turn("hi", ["memory": false], headers: headers).status == 200)
            let refused = try await server.turn("more", ["memory": false], headers: headers)
            #expect(refused.status == 429)
            #expect(refused["retry-after"] != nil)
            let last = try await server.agent.conversations().load(session: "key:k/s").decoded.last
            if case .turnEnded(let end)? = last?.payload { #expect(end.outcome == .completed) } else { Issue.record() }
        }
    }

    @Test func aConversationIsNotDeletedUnderItsTurn() async throws {
        let transport = ScriptedTransport(.silence)
        try await AgentFixture.with(transport) { server in
            async let answer = server.turn("hi", ["memory": false])
            await transport.waitForCalls(1)
            let refused = try await server.send(.delete, "/sessions/s")
            #expect(refused.status == 409)
            #expect(refused["retry-after"] == "1")
            server.agent.runner.interruptAll()
            #expect(try await answer.error?.code == "interrupted")
            #expect(try await server.send(.delete, "/sessions/s").status == 200)
            #expect(try await server.send(.delete, "/sessions/s").status == 404)
        }
    }

    @Test func aConversationIsDeletedWithWhatWasRememberedOfIt() async throws {
        try await AgentFixture.with(ScriptedTransport(.completion("noted"))) { server in
            _ = try await server.turn("The door code is 4711")
            _ = try await server.turn("The cellar code is 4712", ["session_id": "other"])
            let answer = try await server.send(.delete, "/sessions/s?memories=true")
            #expect(answer.json?["memories_deleted"] == 1)
            let found = try await server.send(.get, "/memory/search?q=code&mode=text").json?["results"]?.arrayValue
            #expect(found?.map { $0["text"]?.stringValue } == ["The cellar code is 4712"])
            #expect(try await server.send(.delete, "/sessions/s?memories=perhaps").status == 400)
        }
    }

    @Test("What is recalled has something to do with the message")
    func recallHasAThreshold() async throws {
        let transport = ScriptedTransport(.completion("fine"))
        try await AgentFixture.with(transport) { server in
            for (index, text) in ["go", "weather?", "The deploy key is rotated on Mondays"].enumerated() {
                _ = try await server.turn(text, ["session_id": .string("s\(index)")])
            }
            let greeting = try await server.turn("hi", ["session_id": "n1"])
            #expect(greeting.json?["recalled"] == [])
            let question = try await server.turn("When is the deploy key rotated?", ["session_id": "n2"])
            #expect(
                question.json?["recalled"]?.arrayValue?.map { $0["text"]?.stringValue } == [
                    "The deploy key is rotated on Mondays"
                ])
        }
    }

    @Test func whatIsTooOldForTheModelIsTold() async throws {
        try await AgentFixture.with(ScriptedTransport(.completion("fine")), { $0.agent.historyMessages = 2 }) {
            server in
            #expect(try await server.turn("one", ["memory": false]).json?["degraded"] == [])
            let second = try await server.turn("two", ["memory": false]).json?["degraded"]?[0]
            #expect(second?["what"] == "history")
            #expect(second?["why"]?.stringValue?.hasPrefix("2 older messages") == true)
        }
    }

    @Test func aStreamTellsOfSageItselfUntilTheAnswerBegan() async throws {
        let reply = ScriptedReply.stream(ChatText.role, ChatText.token("one"), ChatText.finish, ChatText.done)
        try await AgentFixture.with(ScriptedTransport(reply)) { server in
            _ = try await server.turn("hi", ["stream": true, "memory": false])
            let call = try #require(server.relay.log.entries.first { $0.message == "model call" })
            #expect(call["route"] == "/chat")
            #expect(call["first_token_ms"] != nil)
        }
    }
}

extension String {
    /// The text with the two characters of a line's end as one.
    fileprivate var unescaped: String { replacing(#"\n"#, with: "\n") }
}
