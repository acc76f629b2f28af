import SageResilience
import SageTesting
import Testing

struct ErrorRuleTests {
    private enum PaymentError: Error {
        case declined
        case busy
        case other
    }

    private struct CodedError: Error {
        var code: Int?
        var number: Int32?
        var text: String?
    }

    /// An error whose text counts how often it is asked for.
    private struct Talkative: Error, CustomStringConvertible {
        let asked: Locked<Int>
        let text: String
        var description: String {
            asked.update { $0 += 1 }
            return text
        }
    }

    @Test func theFirstRuleThatKnowsTheErrorDecides() {
        let classifier = ErrorClassifier {
            ErrorRule(for: PaymentError.self) { error in
                error == .declined ? ErrorClassification(.permanent) : nil
            }
            ErrorRule(where: { ($0 as? PaymentError) == .busy }, as: .overloaded)
            ErrorRule(for: PaymentError.self, as: .timeout)
            ErrorRule { $0 is CancellationError ? ErrorClassification(.permanent) : nil }
        }
        #expect(classifier.classify(PaymentError.declined).errorClass == .permanent)
        #expect(classifier.classify(PaymentError.busy).errorClass == .overloaded)
        #expect(classifier.classify(PaymentError.other).errorClass == .timeout)
        #expect(classifier.classify(CancellationError()).errorClass == .permanent)
        #expect(classifier.classify(ServiceError(.quotaExhausted)).errorClass == .quotaExhausted)
        #expect(classifier.classify(UnknownError()).errorClass == .unknown)
    }

    @Test func whatNoRuleKnowsGoesToTheOtherClassifier() {
        let classifier = ErrorClassifier(otherwise: ErrorClassifier { _ in ErrorClassification(.contentPolicy) }) {
            ErrorRule(for: PaymentError.self, as: .transient)
        }
        #expect(classifier.classify(PaymentError.busy).errorClass == .transient)
        #expect(classifier.classify(UnknownError()).errorClass == .contentPolicy)
        #expect(ErrorClassifier(rules: [], otherwise: classifier).classify(PaymentError.busy).errorClass == .transient)
        #expect(ErrorClassifier {}.classify(CancellationError()).errorClass == .transient)
    }

    @Test func noRuleIsAskedAboutARejection() {
        let classifier = ErrorClassifier { ErrorRule { _ in ErrorClassification(.permanent) } }
        #expect(classifier.classify(Refusal()) == ErrorClassification(.overloaded, fault: .policy))
    }

    @Test func rulesMayBeChosenAtRunTime() {
        func make(_ isStrict: Bool, _ classes: [ErrorClass]) -> ErrorClassifier {
            ErrorClassifier {
                if isStrict { ErrorRule(for: PaymentError.self, as: .permanent) }
                if classes.isEmpty {
                    ErrorRule(for: UnknownError.self, as: .overloaded)
                } else {
                    ErrorRule(for: UnknownError.self, as: .transient)
                }
                for errorClass in classes { ErrorRule(for: PaymentError.self, as: errorClass) }
            }
        }
        #expect(make(true, [.timeout]).classify(PaymentError.busy).errorClass == .permanent)
        #expect(make(false, [.timeout, .overloaded]).classify(PaymentError.busy).errorClass == .timeout)
        #expect(make(false, []).classify(UnknownError()).errorClass == .overloaded)
    }

    @Test func codesAreClassifiedAndUnknownOnesLeftToTheNextRule() {
        let classifier = ErrorClassifier {
            ErrorRule.httpStatus(of: CodedError.self, retryAfter: { _ in .seconds(7) }) { $0.code }
            ErrorRule.errno(of: CodedError.self, isConnecting: { $0.text == "connect" }) { $0.number }
            ErrorRule.sqlState(of: CodedError.self) { $0.text }
            ErrorRule(for: CodedError.self, as: .contextWindow)
        }
        #expect(
            classifier.classify(CodedError(code: 429))
                == ErrorClassification(.rateLimited, hint: .wait(.seconds(7))))
        #expect(classifier.classify(CodedError(code: 200, number: 13)).errorClass == .permanent)
        #expect(classifier.classify(CodedError(number: 32)) == ErrorClassification(.transient, isConnection: true))
        #expect(
            classifier.classify(CodedError(number: 32, text: "connect"))
                == ErrorClassification(.transient, isNotSent: true))
        #expect(classifier.classify(CodedError(text: "40001")).errorClass == .transient)
        #expect(classifier.classify(CodedError()).errorClass == .contextWindow)
    }

    @Test func anErrorThatKnowsItselfIsNotRead() {
        struct Refused: ClassifiedError, CustomStringConvertible {
            var classification: ErrorClassification
            var description: String { "connection reset" }
        }
        let classifier = ErrorClassifier {
            ErrorRule(matching: "connection reset", as: .transient)
            ErrorRule.textPatterns
        }
        #expect(classifier.classify(Refused(classification: .init(.permanent))).errorClass == .permanent)
        let unknown = ErrorClassification(.unknown, hint: .wait(.seconds(3)), isNotSent: true)
        #expect(
            classifier.classify(Refused(classification: unknown))
                == ErrorClassification(.transient, hint: .wait(.seconds(3)), isNotSent: true))
    }

    @Test func theTextIsAskedForOnceAndOnlyAsTheLastResort() {
        let classifier = ErrorClassifier {
            ErrorRule(for: PaymentError.self, as: .permanent)
            ErrorRule(matching: "one thing", as: .transient)
            ErrorRule(matching: "another thing", as: .overloaded)
        }
        let asked = Locked(0)
        #expect(classifier.classify(Talkative(asked: asked, text: "Another  THING!")).errorClass == .overloaded)
        #expect(asked.value == 1)
        for preset in [ErrorClassifier.default, .retryUnknown] {
            _ = preset.classify(Talkative(asked: asked, text: "timeout"))
        }
        #expect(asked.value == 1)
        let typed = ErrorClassifier(otherwise: .llm) { ErrorRule(for: Talkative.self, as: .timeout) }
        _ = typed.classify(Talkative(asked: asked, text: "x"))
        #expect(asked.value == 1)
    }
}
