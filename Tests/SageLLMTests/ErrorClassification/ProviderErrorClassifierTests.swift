import HTTPTypes
import SageResilience
import Testing

@testable import SageLLM

struct ProviderErrorClassifierTests {
    @Test(
        arguments: ProviderAnswer.openAI + ProviderAnswer.azure + ProviderAnswer.openAILike + ProviderAnswer.anthropic
            + ProviderAnswer.gemini + ProviderAnswer.inStream + ProviderAnswer.bare + ProviderAnswer.inBody
            + ProviderAnswer.furtherStatuses)
    func everyAnswerHasItsClass(_ answer: ProviderAnswer) throws {
        let classification = ProviderErrorClassifier.classify(
            status: answer.status, headers: try fields(answer.headers),
            body: ProviderErrorBody(parsing: Array(answer.body.utf8), status: answer.status), now: 0)
        let isRedirect = (300..<400).contains(answer.status ?? 0)
        #expect(
            classification
                == ErrorClassification(answer.errorClass, fault: isRedirect ? .provider : nil, hint: answer.hint))
    }

    @Test func theServersOwnVerdictTurnsABareRefusalIntoARetry() throws {
        let headers = try fields(["x-should-retry": "true"])
        func errorClass(_ status: Int, _ body: String = "") -> ErrorClass {
            ProviderErrorClassifier.classify(
                status: status, headers: headers, body: ProviderErrorBody(parsing: Array(body.utf8)), now: 0
            ).errorClass
        }
        #expect(errorClass(404) == .transient)
        #expect(errorClass(418) == .transient)
        // Not against a reason that it named, nor where the kind is certain.
        #expect(errorClass(400, ProviderAnswer.openAI("No.")) == .permanent)
        #expect(errorClass(401) == .authentication)
        #expect(errorClass(402) == .quotaExhausted)
    }

    @Test func aRefusalToBeRetriedKeepsTheClass() throws {
        let classification = ProviderErrorClassifier.classify(
            status: 429, headers: try fields(["x-should-retry": "false", "retry-after": "5"]),
            body: ProviderErrorBody(message: "Rate limit"), now: 0)
        #expect(classification == ErrorClassification(.rateLimited, hint: .doNotRetry))
    }

    @Test func aStatusIsNotOverruledByWords() {
        let body = ProviderErrorBody(message: "429 too many requests: timed out, service unavailable")
        #expect(ProviderErrorClassifier.classify(status: 404, body: body, now: 0).errorClass == .permanent)
        let refusal = ProviderErrorBody(message: "unauthorized, not found, bad request")
        #expect(ProviderErrorClassifier.classify(status: 500, body: refusal, now: 0).errorClass == .transient)
    }

    @Test(arguments: [
        ("context_length_exceeded", 500, ErrorClass.contextWindow), ("insufficient_quota", 500, .quotaExhausted),
        ("content_filter", 500, .contentPolicy), ("overloaded_error", 500, .overloaded),
        ("rate_limit_error", 500, .rateLimited), ("timeout_error", 502, .timeout),
        ("invalid_request_error", 500, .transient), ("authentication_error", 500, .transient),
    ])
    func codesOfWrappedErrorsAreFound(_ code: String, _ status: Int, _ expected: ErrorClass) {
        let body = ProviderErrorBody(type: code, message: "wrapped")
        #expect(ProviderErrorClassifier.classify(status: status, body: body, now: 0).errorClass == expected)
    }
}
