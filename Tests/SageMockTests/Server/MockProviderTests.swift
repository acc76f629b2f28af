import NIOCore
import Synchronization
import Testing

@testable import SageMock

@Suite(.timeLimit(.minutes(10)))
struct MockProviderTests {
    @Test func aHealthyProviderAnswersAndKeepsTheConnection() async throws {
        let transcript = try await withProvider { client in
            let body = RawClient.chatBody(stream: false)
            // Both requests arrive before the first is answered.
            return try await client.exchange([
                RawClient.request("POST", "/v1/chat/completions", body: body)
                    + RawClient.request("GET", "/v1/models", close: true)
            ])
        }
        #expect(transcript.status == 200)
        let first = try #require(transcript.text.firstRange(of: "You said: one two three"))
        let second = try #require(transcript.text.firstRange(of: #""object":"list""#))
        #expect(first.upperBound < second.lowerBound)
        #expect(!transcript.isReset)
    }

    @Test func aStreamEndsWithTheTerminatingChunk() async throws {
        let transcript = try await withProvider { try await $0.chat(stream: true) }
        #expect(transcript.body.contains("data: [DONE]\n\n\r\n"))
        #expect(transcript.body.hasSuffix("\r\n0\r\n\r\n"))
    }

    @Test func aCutLeavesOutTheTerminatingChunk() async throws {
        let transcript = try await withProvider("- steps: [{ cutAfterEvents: 3 }]") { try await $0.chat(stream: true) }
        #expect(transcript.body.ranges(of: "data: ").count == 3)
        #expect(!transcript.body.hasSuffix("0\r\n\r\n"))
        #expect(!transcript.isReset)
    }

    @Test func aCutAfterBytesLeavesAShorterBodyThanAnnounced() async throws {
        let transcript = try await withProvider("- steps: [{ cutAfterBytes: 20 }]") { try await $0.chat() }
        #expect(transcript.body == #"{"id":"chatcmpl-mock"#)
        #expect(!transcript.text.contains("content-length: 20\r\n"))
    }

    @Test func aResetIsSeenAsOne() async throws {
        let transcripts = try await withProvider("- steps: [{ reset: true }, { reset: true, cutAfterEvents: 1 }]") {
            [try await $0.chat(), try await $0.chat(stream: true)]
        }
        #expect(transcripts[0].isReset)
        #expect(transcripts[0].text.isEmpty)
        #expect(transcripts[1].isReset)
    }

    @Test func aDripWaitsBetweenTheEventsInOrder() async throws {
        let clock = RecordingClock()
        let transcript = try await withProvider("- steps: [{ latency: 40ms, eventDelay: 200ms }]", clock: clock) {
            try await $0.chat(stream: true)
        }
        let events = transcript.body.ranges(of: "data: ").count
        #expect(events == 8)
        #expect(
            clock.sleeps == [.milliseconds(40)] + Array(repeating: .milliseconds(200), count: events - 1))
        let words = ["You ", "said: ", "one ", "two ", "three"].map { "\"content\":\"\($0)\"" }
        var rest = transcript.body[...]
        for word in words {
            let range = try #require(rest.firstRange(of: word))
            rest = rest[range.upperBound...]
        }
    }

    @Test(arguments: ["hangBeforeHeaders: forever", "hangAfterEvents: 1"])
    func aClientThatLeavesAHangingAnswerIsNoticed(_ fault: String) async throws {
        let log = try await withProvider("- steps: [{ \(fault) }]") { client in
            let connection = try await client.connect()
            try await connection.executeThenClose { _, outbound in
                let request = RawClient.request(
                    "POST", "/v1/chat/completions", body: RawClient.chatBody(stream: true))
                try await outbound.write(ByteBuffer(string: request))
                let log = try await client.send("GET", "/_mock/requests?wait=1&timeout=600000")
                #expect(log.body.contains(#""received":1,"ended":0"#))
            }
            return try await client.send("GET", "/_mock/requests?ended=1&timeout=600000")
        }
        #expect(log.body.contains(#""outcome":"client_disconnected""#))
    }

    @Test func cancellationEndsHangingAnswersAndWaitingClients() async throws {
        let outcomes = Mutex<[RequestOutcome?]>([])
        let connection = try await withProvider(
            "- steps: [{ hangBeforeHeaders: forever }]",
            onRequestEnded: { record in outcomes.withLock { $0.append(record.outcome) } }
        ) { client in
            let connection = try await client.connect()
            try await connection.channel.writeAndFlush(
                ByteBuffer(string: RawClient.request("GET", "/v1/models"))
            ).get()
            _ = try await client.send("GET", "/_mock/requests?wait=1&timeout=600000")
            return connection
        }
        // The provider has ended; its side of the connection is closed, which the client reads as the end.
        try? await connection.executeThenClose { inbound, _ in
            for try await _ in inbound {}
        }
        #expect(outcomes.withLock { $0 } == [.serverStopped])
    }

    @Test func cancellationEndsAnAnswerThatTheClientDoesNotRead() async throws {
        let outcomes = Mutex<[RequestOutcome?]>([])
        // One answer of 16 MB, more than the buffers of both ends hold, so that it cannot be sent to its end.
        let line = String(repeating: "x", count: 100_000)
        let script = """
            - steps:
              - status: 500
                body: [&line "\(line)", \(Array(repeating: "*line", count: 160).joined(separator: ", "))]
            """
        let connection = try await withProvider(
            script, onRequestEnded: { record in outcomes.withLock { $0.append(record.outcome) } }
        ) { client in
            let connection = try await client.connect()
            try await connection.channel.setOption(.autoRead, value: false).get()
            let request = RawClient.request("GET", "/v1/models")
            try await connection.channel.writeAndFlush(ByteBuffer(string: request)).get()
            _ = try await client.send("GET", "/_mock/requests?wait=1&timeout=600000")
            return connection
        }
        try? await connection.executeThenClose { _, _ in }
        #expect(outcomes.withLock { $0 } == [.serverStopped])
    }

    @Test func theScriptCanBeReplacedAndReset() async throws {
        try await withProvider("- { steps: [{ status: 500 }], then: repeat }") { client in
            #expect(try await client.chat().status == 500)
            let script = "- { steps: [{ status: 503, headers: { retry-after: 2 } }], then: last }"
            #expect(try await client.send("PUT", "/_mock/script", body: script).status == 200)
            let refused = try await client.chat()
            #expect(refused.status == 503)
            #expect(refused.text.contains("retry-after: 2\r\n"))
            #expect(refused.body.contains("server_is_overloaded"))
            #expect(try await client.send("GET", "/_mock/script").body == script)

            let wrong = try await client.send("PUT", "/_mock/script", body: "- steps: [{ status: x }]")
            #expect(wrong.status == 400)
            #expect(wrong.body.contains(#""field":"rules[0].steps[0].status","line":1"#))
            #expect(try await client.chat().status == 503)

            #expect(try await client.send("DELETE", "/_mock").status == 200)
            #expect(try await client.send("GET", "/_mock/requests").body.contains(#""received":0,"ended":0"#))
            #expect(try await client.chat().status == 500)
        }
    }

    @Test func whatArrivedIsShownWithoutCredentials() async throws {
        let log = try await withProvider("- steps: [{ ok: true }, { status: 429 }]") { client in
            _ = try await client.send(
                "POST", "/v1/chat/completions?key=abcdefghijklmnop",
                headers: "Authorization: Bearer sk-0123456789abcd\r\nX-A: 1\r\nx-a: 2\r\n",
                body: RawClient.chatBody(stream: false))
            return try await client.send("GET", "/_mock/requests?ended=1&timeout=600000")
        }
        #expect(log.body.contains(#""authorization":"Bearer ***abcd""#))
        #expect(log.body.contains(#""x-a":"1, 2""#))
        #expect(log.body.contains(#""path":"/v1/chat/completions?key=***mnop""#))
        #expect(log.body.contains(#""rule":0,"step":0,"spared":false,"status":200"#))
        #expect(log.body.contains(#""outcome":"completed""#))
        #expect(!log.body.contains("0123456789"))
    }

    @Test func aWaitThatIsNotFulfilledEndsAtItsTimeout() async throws {
        let log = try await withProvider { try await $0.send("GET", "/_mock/requests?wait=1&timeout=1") }
        #expect(log.body.hasPrefix(#"{"satisfied":false,"received":0"#))
    }

    @Test func concurrentRequestsEachTakeOneStep() async throws {
        let statuses = try await withProvider("- steps: [{ status: 500, repeat: 20 }]") { client in
            try await withThrowingTaskGroup(of: Int?.self) { group in
                for _ in 0..<30 { group.addTask { try await client.chat().status } }
                return try await group.reduce(into: [Int?]()) { $0.append($1) }
            }
        }
        #expect(statuses.count { $0 == 500 } == 20)
        #expect(statuses.count { $0 == 200 } == 10)
    }

    @Test(arguments: [
        ("GET", "/_mock/requests?waitt=1", 400), ("GET", "/_mock/requests?wait=x", 400),
        ("POST", "/_mock/script", 405), ("GET", "/_mock", 405), ("GET", "/_mock/x", 404),
    ])
    func wrongControlRequestsAreRefused(_ method: String, _ path: String, _ status: Int) async throws {
        #expect(try await withProvider { try await $0.send(method, path) }.status == status)
    }

    @Test func limitsAreKept() async throws {
        try await withProvider { client in
            let announced = "POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 33554433\r\n\r\n"
            #expect(try await client.exchange([announced]).status == 413)
            let header = "x: \(String(repeating: "a", count: 70_000))\r\n"
            let refused = try await client.send("GET", "/v1/models", headers: header)
            #expect(refused.isReset || refused.status == 431 || refused.status == 400)
            #expect(try await client.send("GET", "/_mock/requests").body.contains(#""received":0"#))
        }
    }

    @Test func anExpectationIsMetBeforeTheBody() async throws {
        let transcript = try await withProvider {
            try await $0.send(
                "POST", "/v1/chat/completions", headers: "expect: 100-continue\r\n",
                body: RawClient.chatBody(stream: false))
        }
        #expect(transcript.text.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"))
    }

    @Test func anAddressInUseIsAnError() async throws {
        _ = try await withProvider { client in
            await #expect(throws: (any Error).self) {
                try await MockProvider(MockProvider.Configuration(port: client.port)).run()
            }
        }
    }
}
