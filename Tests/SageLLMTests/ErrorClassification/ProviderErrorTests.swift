import HTTPTypes
import SageResilience
import Testing

@testable import SageLLM

struct ProviderErrorTests {
    @Test func anAnswerCarriesWhatTheProviderSaid() throws {
        let error = ProviderError.answer(
            target: "openai/gpt", status: 429, headers: try fields(["x-request-id": "req_9", "retry-after": "2"]),
            body: Array(ProviderAnswer.openAI("Slow", type: "requests", code: "rate_limit_exceeded").utf8), now: 0)
        #expect(error.kind == .answer)
        #expect(error.status == 429)
        #expect(error.type == "requests")
        #expect(error.code == "rate_limit_exceeded")
        #expect(error.message == "Slow")
        #expect(error.requestID == "req_9")
        #expect(error.classification == ErrorClassification(.rateLimited, hint: .wait(.seconds(2))))
        #expect(!error.isNotSent)
        #expect(error.description == "openai/gpt: 429 rate_limit_exceeded: Slow (request req_9)")
        let gemini = ProviderError.answer(
            target: "g/m", status: 503, headers: [:],
            body: Array(ProviderAnswer.gemini(503, "UNAVAILABLE", "Busy").utf8), now: 0)
        #expect(gemini.description == "g/m: 503 UNAVAILABLE: Busy")
        #expect(ErrorClassifier.default.classify(error) == error.classification)
    }

    @Test(arguments: [
        ("x-request-id", "a"), ("request-id", "b"), ("apim-request-id", "c"), ("x-siliconcloud-trace-id", "d"),
        ("cf-ray", "e"),
    ])
    func theRequestIDComesFromTheProvidersHeader(_ name: String, _ id: String) throws {
        #expect(ProviderError.requestID(in: try fields([name: id])) == id)
    }

    @Test func theRequestIDOfTheBodyIsUsedWithoutAHeader() {
        let error = ProviderError.answer(
            target: "a/b", status: 529, headers: [:],
            body: Array(ProviderAnswer.anthropic("overloaded_error", "Overloaded").utf8), now: 0)
        #expect(error.requestID == "req_01")
    }

    @Test func noTextHoldsASecret() throws {
        let secret = "hunter2-secret"
        let error = ProviderError.answer(
            target: "a/b", status: 401, headers: try fields(["x-request-id": secret]),
            body: Array(ProviderAnswer.openAI("Key \(secret), sk-abcdefghij", type: secret, code: secret).utf8), now: 0,
            redaction: SecretRedaction(knownSecrets: [secret]))
        var dumped = error.description
        dump(error, to: &dumped)
        #expect(!dumped.contains(secret))
        #expect(!dumped.contains("abcdefghij"))
        #expect(error.message == "Key [redacted], [redacted]")
    }

    @Test func aSecretAtTheCutIsRedactedBeforeTheCut() {
        let filler = String(repeating: "x", count: ProviderError.maximumMessageBytes - 12)
        let error = ProviderError.transport(target: "a/b", .other, detail: "\(filler) sk-abcdefghijklmnop")
        #expect(error.message.utf8.count <= ProviderError.maximumMessageBytes)
        #expect(!error.message.contains("sk-"))
    }

    @Test func messagesAreBoundedAndOfOneLine() {
        let error = ProviderError.answer(
            target: "a/b", status: 500, headers: [:],
            body: Array(String(repeating: "line\r\n", count: 9_000).utf8), now: 0)
        #expect(error.message.utf8.count <= ProviderError.maximumMessageBytes)
        #expect(!error.message.contains { $0.isNewline })
    }

    @Test(arguments: ProviderError.TransportFailure.allCases)
    func connectionFailuresAreTransientAndTellWhetherAnythingWasSent(_ failure: ProviderError.TransportFailure) {
        let notSent: Set<ProviderError.TransportFailure> = [
            .nameResolution, .connectFailed, .tlsHandshake, .closedBeforeRequest,
        ]
        let error = ProviderError.transport(target: "a/b", failure, detail: "errno 104")
        #expect(error.kind == .transport(failure))
        #expect(error.classification.errorClass == .transient)
        #expect(error.classification.fault == .provider)
        #expect(error.isNotSent == notSent.contains(failure))
        #expect(error.status == nil)
        #expect(error.description.hasSuffix(": errno 104"))
    }

    @Test(arguments: ProviderError.TimeoutPhase.allCases)
    func timeoutsNameTheirPhase(_ phase: ProviderError.TimeoutPhase) {
        let error = ProviderError.timeout(target: "a/b", phase, after: .seconds(30))
        #expect(error.kind == .timeout(phase))
        #expect(error.classification.errorClass == .timeout)
        #expect(error.isNotSent == (phase == .connect))
        #expect(error.message.hasSuffix("within 30.0 seconds"))
    }

    @Test func aStreamErrorIsClassifiedByItsBody() {
        let overloaded = ProviderError.streamError(
            target: "a/b", payload: Array(ProviderAnswer.anthropic("overloaded_error", "Overloaded").utf8), now: 0)
        #expect(overloaded.kind == .streamError)
        #expect(overloaded.status == nil)
        #expect(overloaded.classification.errorClass == .overloaded)
        #expect(overloaded.description == "a/b: error in stream overloaded_error: Overloaded (request req_01)")

        let named = ProviderError.streamError(
            target: "a/b", payload: Array(#"{"error":{"code":502,"message":"x"}}"#.utf8), now: 0)
        #expect(named.status == 502)

        let unknown = ProviderError.streamError(target: "a/b", payload: Array("???".utf8), now: 0)
        #expect(unknown.classification == ErrorClassification(.transient))
    }

    @Test func brokenAnswersAreTransient() throws {
        let headers = try fields(["request-id": "r"])
        let truncated = ProviderError.truncatedStream(target: "a/b", headers: headers, detail: "no [DONE]")
        #expect(truncated.kind == .truncatedStream)
        #expect(truncated.requestID == "r")
        #expect(truncated.classification == ErrorClassification(.transient))
        let malformed = ProviderError.malformedAnswer(target: "a/b", headers: headers, detail: "no choices")
        #expect(malformed.kind == .malformedAnswer)
        #expect(malformed.classification == ErrorClassification(.transient))
        #expect(malformed.description.hasSuffix("no choices (request r)"))
    }
}
