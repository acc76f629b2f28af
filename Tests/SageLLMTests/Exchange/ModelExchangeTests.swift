import HTTPTypes
import NIOCore
import SageLLM
import SageResilience
import TestSupport
import Testing

struct ModelExchangeTests {
    @Test func plainAnswerIsPassedOnByteForByte() async throws {
        let text = "\n " + ChatText.completion("hi") + "\r\n"
        let completion = try await ScriptedTransport(
            .json(text, headers: [.init("x-request-id")!: "r-1"])
        ).completion()
        #expect(String(buffer: completion.body) == text)
        #expect(completion.usage?.prompt == 3)
        #expect(completion.headers[.init("x-request-id")!] == "r-1")
    }

    @Test func requestCarriesTheLimitOfTimeForItsHeaders() async throws {
        let transport = ScriptedTransport(.completion())
        _ = try await transport.completion(limits: ExchangeLimits(responseHeaders: .seconds(7), attempt: .seconds(50)))
        let limit = try #require(transport.requests.first?.responseHeadersTimeout)
        #expect(limit <= .seconds(7) && limit > .seconds(5))
        _ = try await transport.completion(limits: ExchangeLimits(responseHeaders: .seconds(70), attempt: .seconds(50)))
        #expect(try #require(transport.requests.last?.responseHeadersTimeout) <= .seconds(50))
    }

    @Test(
        arguments: [
            (400, .permanent), (401, .authentication), (403, .authentication), (404, .permanent), (413, .contextWindow),
            (422, .permanent), (429, .rateLimited), (500, .transient), (502, .transient), (503, .overloaded),
            (529, .overloaded), (302, .unknown),
        ] as [(Int, ErrorClass)], [false, true])
    func errorStatusIsAnAnswer(_ expected: (status: Int, errorClass: ErrorClass), isStream: Bool) async throws {
        let transport = ScriptedTransport(.error(expected.status, "no", headers: [.init("x-request-id")!: "r-1"]))
        let error = try await transport.failure(isStream: isStream)
        #expect(error.kind == .answer)
        #expect(error.status == expected.status)
        #expect(error.message == "no")
        #expect(error.requestID == "r-1")
        #expect(error.target == "p/m")
        if ![413, 302].contains(expected.status) { #expect(error.classification.errorClass == expected.errorClass) }
    }

    @Test func hintOfTheServerIsKept() async throws {
        let error = try await ScriptedTransport(.error(429, headers: [.retryAfter: "7"])).failure(isStream: false)
        #expect(error.classification.hint == .wait(.seconds(7)))
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"overloaded","code":503}}"#, .streamError),
            (#"{"error":"text"}"#, .streamError),
            (#"[{"error":{"code":429}}]"#, .streamError),
            ("<html><title>502 Bad Gateway</title></html>", .malformedAnswer),
            ("", .malformedAnswer),
            ("{", .malformedAnswer),
            ("not json", .malformedAnswer),
            ("[]", .malformedAnswer),
            ("{}", .malformedAnswer),
            (#"{"choices":[]}"#, .malformedAnswer),
            (String(ChatText.completion().dropLast(2)), .malformedAnswer),
        ] as [(String, ProviderError.Kind)])
    func statusOf200IsNotTakenForAnAnswer(_ body: String, _ kind: ProviderError.Kind) async throws {
        let error = try await ScriptedTransport(.json(body)).failure(isStream: false)
        #expect(error.kind == kind)
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"overloaded","code":503}}"#, .streamError),
            (ChatText.completion(), .malformedAnswer),
            ("{}", .malformedAnswer),
        ] as [(String, ProviderError.Kind)])
    func documentInsteadOfAStreamIsNoAnswer(_ body: String, _ kind: ProviderError.Kind) async throws {
        #expect(try await ScriptedTransport(.json(body)).failure(isStream: true).kind == kind)
    }

    @Test func pageInsteadOfAStreamIsNoAnswer() async throws {
        let page = ScriptedReply.answer(
            status: 200, headers: [.contentType: "text/html"],
            parts: [ByteBuffer(string: "<html><title>502 Bad Gateway</title></html>")], ending: .complete)
        #expect(try await ScriptedTransport(page).failure(isStream: true).kind == .truncatedStream)
    }

    @Test(
        arguments: [
            (.connection(.connectFailed), .transport(.connectFailed), true),
            (.connection(.nameResolution), .transport(.nameResolution), true),
            (.connection(.connectionReset), .transport(.connectionReset), false),
            (.connectTimeout, .timeout(.connect), true),
            (.responseHeadersTimeout, .timeout(.responseHeaders), false),
            (.invalidRequest(detail: "url"), .transport(.other), false),
        ] as [(UpstreamFailure, ProviderError.Kind, Bool)], [false, true])
    func failureBeforeTheAnswer(
        _ expected: (failure: UpstreamFailure, kind: ProviderError.Kind, isNotSent: Bool), isStream: Bool
    ) async throws {
        let error = try await ScriptedTransport(.failure(expected.failure)).failure(isStream: isStream)
        #expect(error.kind == expected.kind)
        #expect(error.isNotSent == expected.isNotSent)
    }

    @Test func connectionLostInTheMiddleOfAnAnswer() async throws {
        let reply = ScriptedReply.json(#"{"choices":["#, ending: .failure(.connection(.connectionClosed)))
        #expect(try await ScriptedTransport(reply).failure(isStream: false).kind == .transport(.connectionClosed))
    }

    @Test func answerBeyondTheLimitIsRefusedAndItsExchangeEnded() async throws {
        let transport = ScriptedTransport(.json(ChatText.completion(String(repeating: "x", count: 500)), ending: .open))
        let error = try await transport.failure(isStream: false, limits: ExchangeLimits(maxBodyBytes: 400))
        #expect(error.kind == .malformedAnswer)
        #expect(error.message.contains("longer than 400 bytes"))
        #expect(transport.cancellations == 1)
    }

    @Test func bodyThatNeverEndsIsATimeoutOfTheWhole() async throws {
        let loop = TimerLoop()
        let transport = ScriptedTransport([.json("{", ending: .open)], eventLoop: loop)
        async let failure = transport.failure(isStream: false)
        await loop.nextTimer().fire()
        let error = try await failure
        #expect(error.kind == .timeout(.total))
        #expect(transport.cancellations == 1)
    }

    @Test func explanationOfAnErrorIsNotWaitedForLong() async throws {
        let loop = TimerLoop()
        let reply = ScriptedReply.json(#"{"error":{"mess"#, status: 503, headers: [.retryAfter: "3"], ending: .open)
        let transport = ScriptedTransport([reply], eventLoop: loop)
        async let failure = transport.failure(isStream: false)
        let timer = await loop.nextTimer()
        #expect(timer.delay <= .seconds(2))
        timer.fire()
        let error = try await failure
        #expect(error.status == 503)
        #expect(error.classification.errorClass == .overloaded)
        #expect(error.classification.hint == .wait(.seconds(3)))
    }

    @Test func explanationThatBreaksOffLeavesTheStatus() async throws {
        let reply = ScriptedReply.json("{", status: 500, ending: .failure(.connection(.connectionReset)))
        #expect(try await ScriptedTransport(reply).failure(isStream: true).status == 500)
    }

    @Test func endlessExplanationIsReadOnlyInPart() async throws {
        let parts = Array(repeating: ByteBuffer(repeating: 0x78, count: 40_000), count: 4)
        let transport = ScriptedTransport(.answer(status: 500, headers: [:], parts: parts, ending: .open))
        #expect(try await transport.failure(isStream: false).status == 500)
    }

    @Test func secretsOfTheProviderAreNotRepeated() async throws {
        let transport = ScriptedTransport(.error(401, "Incorrect API key: hunter2-hunter2"))
        let redaction = SecretRedaction(knownSecrets: ["hunter2-hunter2"])
        let error = try #require(
            await #expect(throws: ProviderError.self) {
                _ = try await transport.start(isStream: false, redaction: redaction)
            })
        #expect(!error.description.contains("hunter2"))
    }

    @Test(arguments: [false, true])
    func cancelledCallerEndsTheExchange(isStream: Bool) async throws {
        let transport = ScriptedTransport(.silence)
        let task = Task { try await transport.start(isStream: isStream) }
        await transport.waitForCalls(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(transport.cancellations == 1)
    }

    @Test func cancellationWhileTheBodyArrivesEndsTheExchange() async throws {
        let loop = TimerLoop()
        for status in [200, 500] {
            let transport = ScriptedTransport([.json("{", status: status, ending: .open)], eventLoop: loop)
            let task = Task { try await transport.start(isStream: false) }
            _ = await loop.nextTimer()
            task.cancel()
            await #expect(throws: CancellationError.self) { _ = try await task.value }
            #expect(transport.cancellations == 1)
        }
    }
}
