import SageResilience
import SageTesting
import Testing

/// What a service says about when to come back.
struct RateLimiterHintTests {
    private let clock = TestClock()

    private func limiter(
        classifier: ErrorClassifier = .default, maxServerHint: Duration = .seconds(60)
    ) throws -> RateLimiter {
        try RateLimiter.tokenBucket(
            limit: 10, per: .seconds(1), classifier: classifier, maxServerHint: maxServerHint, clock: clock)
    }

    private static func busy(_ hint: ServerHint?) -> ServiceError { ServiceError(.rateLimited, hint: hint) }

    static let hints: [(error: ServiceError, pause: Duration?)] = [
        (busy(.wait(.seconds(20))), .seconds(20)), (busy(.pushBack(.seconds(3))), .seconds(3)),
        (ServiceError(.overloaded, hint: .wait(.seconds(61))), .seconds(60)),
        (ServiceError(.transient, hint: .wait(.seconds(1))), .seconds(1)),
        (busy(.wait(.zero)), nil), (busy(.wait(.seconds(-5))), nil), (busy(.pushBack(.seconds(-1))), nil),
        (busy(.doNotRetry), nil), (busy(nil), nil),
        (ServiceError(.rateLimited, fault: .caller, hint: .wait(.seconds(20))), nil),
    ]

    @Test(arguments: hints.indices)
    func aCallThatFailsTeachesHowLongTheServiceWantsToBeLeftAlone(index: Int) async throws {
        let (error, pause) = Self.hints[index]
        let limiter = try limiter()
        await #expect(throws: error) { try await limiter.execute { throw error } }
        #expect(limiter.snapshot().pausedFor == pause)
        #expect(limiter.tryAcquire() == (pause == nil))
        if let pause { clock.advance(by: pause) }
        #expect(limiter.tryAcquire())
    }

    @Test(arguments: hints.indices)
    func aPipelineTeachesItsLimiter(index: Int) async throws {
        let (error, pause) = Self.hints[index]
        let limiter = try limiter()
        let pipeline = ResiliencePipeline("openai") { limiter }
        await #expect(throws: error) { try await pipeline.execute { throw error } }
        #expect(limiter.snapshot().pausedFor == pause)
    }

    @Test func aSuccessTeachesNothing() async throws {
        let limiter = try limiter()
        try await limiter.execute {}
        #expect(limiter.snapshot().pausedFor == nil)
    }

    @Test func whoCallsTheServiceByHandReportsTheError() throws {
        let limiter = try limiter()
        limiter.recordFailure(Self.busy(.wait(.seconds(20))))
        #expect(limiter.snapshot().pausedFor == .seconds(20))
        limiter.recordFailure(Self.busy(.wait(.seconds(10))))
        #expect(limiter.snapshot().pausedFor == .seconds(20), "the later end holds")
    }

    @Test func theClassifierDecides() throws {
        let limiter = try limiter(
            classifier: ErrorClassifier { _ in ErrorClassification(.rateLimited, hint: .wait(.seconds(7))) })
        limiter.recordFailure(UnknownError())
        #expect(limiter.snapshot().pausedFor == .seconds(7))
    }

    @Test func zeroLearnsNothing() throws {
        let limiter = try limiter(maxServerHint: .zero)
        limiter.recordFailure(Self.busy(.wait(.seconds(20))))
        #expect(limiter.snapshot().pausedFor == nil)
    }

    @Test func aRefusalByAPolicyIsNoHintOfTheService() throws {
        let limiter = try limiter()
        limiter.recordFailure(Refusal(retryAfter: .seconds(20)))
        #expect(limiter.snapshot().pausedFor == nil)
    }

    @Test func aCallThatItsCallerCancelledTeachesNothing() async throws {
        let limiter = try limiter()
        let task = Task {
            try await limiter.execute {
                withUnsafeCurrentTask { $0?.cancel() }
                throw Self.busy(.wait(.seconds(20)))
            }
        }
        await #expect(throws: ServiceError.self) { try await task.value }
        #expect(limiter.snapshot().pausedFor == nil)
    }
}
