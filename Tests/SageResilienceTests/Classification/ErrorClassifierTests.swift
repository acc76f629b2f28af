import SageResilience
import Testing

struct ErrorClassifierTests {
    @Test func anErrorThatKnowsItselfIsBelieved() {
        let error = ServiceError(.quotaExhausted, fault: .provider, hint: .doNotRetry)
        #expect(ErrorClassifier.default.classify(error) == error.classification)
    }

    @Test func aServiceThatCancelsIsTransient() {
        #expect(ErrorClassifier.default.classify(CancellationError()) == ErrorClassification(.transient))
    }

    @Test func anythingElseIsUnknownAndTheProvidersFault() {
        let classification = ErrorClassifier.default.classify(UnknownError())
        #expect(classification == ErrorClassification(.unknown))
        #expect(classification.fault == .provider)
    }

    @Test(
        "a rejection is the policy's fault, for every classifier",
        arguments: [ErrorClassifier.default, .retryUnknown, ErrorClassifier { _ in ErrorClassification(.permanent) }])
    func rejections(classifier: ErrorClassifier) {
        #expect(
            classifier.classify(Refusal(retryAfter: .seconds(3)))
                == ErrorClassification(.overloaded, fault: .policy, hint: .wait(.seconds(3))))
        #expect(classifier.classify(Refusal()) == ErrorClassification(.overloaded, fault: .policy))
    }

    @Test func retryUnknownChangesOnlyTheUnknown() {
        #expect(ErrorClassifier.retryUnknown.classify(UnknownError()).errorClass == .transient)
        for errorClass in ErrorClass.allCases where errorClass != .unknown {
            #expect(ErrorClassifier.retryUnknown.classify(ServiceError(errorClass)).errorClass == errorClass)
        }
    }

    @Test(
        "what each class means",
        arguments: [
            (ErrorClass.transient, Retryability.transient, Recovery.retryable, Fault.provider),
            (.rateLimited, .transient, .retryable, .provider),
            (.overloaded, .transient, .retryable, .provider),
            (.timeout, .transient, .retryable, .provider),
            (.permanent, .permanent, .nonRetryable, .caller),
            (.authentication, .permanent, .fatal, .caller),
            (.quotaExhausted, .permanent, .fatal, .caller),
            (.contextWindow, .permanent, .degraded, .caller),
            (.contentPolicy, .permanent, .degraded, .caller),
            (.unknown, .unknown, .retryable, .provider),
        ])
    func classes(errorClass: ErrorClass, retryability: Retryability, recovery: Recovery, fault: Fault) {
        #expect(errorClass.retryability == retryability)
        #expect(errorClass.recovery == recovery)
        #expect(errorClass.fault == fault)
        #expect(ErrorClassification(errorClass).fault == fault)
    }
}
