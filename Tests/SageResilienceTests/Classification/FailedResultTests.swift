import SageTesting
import Testing

@testable import SageResilience

/// Results that mean failure: what policies make of them, and what the caller gets.
@Suite(.timeLimit(.minutes(1)))
struct FailedResultTests {
    private let clock = TestClock()
    private let recorder = EventRecorder()

    /// Answers of an HTTP service, one after the other; the last one stays.
    private final class Service: Sendable {
        private let statuses: Locked<[Int]>
        let calls = Locked(0)

        init(_ statuses: Int...) { self.statuses = Locked(statuses) }

        func send() -> Int {
            calls.update { $0 += 1 }
            return statuses.update { $0.count > 1 ? $0.removeFirst() : $0[0] }
        }
    }

    /// A result that must not leave its task.
    private final class Page {
        let status: Int
        init(_ status: Int) { self.status = status }
    }

    private func retry(attempts: Int = 3, classifier: ErrorClassifier = .default) throws -> RetryPolicy {
        RetryPolicy(
            "r", try RetryConfiguration(maxAttempts: attempts, backoff: .none, classifier: classifier), clock: clock,
            listener: recorder)
    }

    private func breaker() throws -> CircuitBreaker {
        CircuitBreaker(
            "b", try CircuitBreakerConfiguration(failureRate: nil, consecutiveFailures: 2), clock: clock,
            random: .constant(0.5), listener: recorder)
    }

    private static func judge(_ status: Int) -> ErrorClassification? { ErrorClassification(failedHTTPStatus: status) }

    // MARK: Verdicts

    @Test(
        "an HTTP status below 400 is no failure",
        arguments: [(200, nil), (304, nil), (399, nil), (400, .permanent), (429, .rateLimited), (503, .overloaded)]
            as [(Int, ErrorClass?)])
    func httpStatus(status: Int, errorClass: ErrorClass?) {
        #expect(ErrorClassification(failedHTTPStatus: status)?.errorClass == errorClass)
    }

    @Test func theServersWaitIsInTheVerdict() {
        let classification = ErrorClassification(failedHTTPStatus: 503, retryAfter: .seconds(7))
        #expect(classification?.hint == .wait(.seconds(7)))
        #expect(ErrorClassification(failedHTTPStatus: 200, retryAfter: .seconds(7)) == nil)
    }

    @Test func noClassifierIsAskedAboutAJudgedResult() {
        let classifier = ErrorClassifier { _ in ErrorClassification(.permanent) }
        #expect(classifier.classify(FailedResult(ErrorClassification(.timeout))).errorClass == .timeout)
    }

    @Test func aFailureDescribesItselfWithoutTheResult() {
        let failure = FailedResult(ErrorClassification(.rateLimited), value: "secret")
        #expect("\(failure)" == "the result counts as rate_limited")
    }

    // MARK: Retry

    @Test func aRetryRepeatsUntilAResultIsASuccess() async throws {
        let service = Service(503, 503, 200)
        #expect(
            try await retry().execute {
                service.send()
            } judging: {
                Self.judge($0)
            } == 200)
        #expect(service.calls.value == 3)
    }

    @Test func whenARetryGivesUpTheLastResultIsReturned() async throws {
        let service = Service(500, 502, 503)
        #expect(
            try await retry().execute {
                service.send()
            } judging: {
                Self.judge($0)
            } == 503)
        #expect(
            recorder.kinds.map { "\($0)" } == [
                "attempt 2 in 0.0 seconds, after FailedResult", "attempt 3 in 0.0 seconds, after FailedResult",
                "gave up after 3 attempts: attempts_exhausted, FailedResult",
            ])
    }

    @Test func aPermanentFailureIsReturnedAtOnce() async throws {
        let service = Service(404)
        #expect(
            try await retry().execute {
                service.send()
            } judging: {
                Self.judge($0)
            } == 404)
        #expect(service.calls.value == 1)
    }

    @Test func anErrorAfterAFailedResultIsThrown() async throws {
        let service = Service(503, 200)
        await #expect(throws: ServiceError.permanent) {
            try await retry().execute {
                let status = service.send()
                if status == 200 { throw ServiceError.permanent }
                return status
            } judging: {
                Self.judge($0)
            }
        }
    }

    @Test func aRefusalAfterAFailedResultHidesBehindTheResult() async throws {
        let breaker = try CircuitBreaker(
            "b", CircuitBreakerConfiguration(failureRate: nil, consecutiveFailures: 1), clock: clock)
        let service = Service(503)
        let status = try await retry().execute {
            try await breaker.execute {
                service.send()
            } judging: {
                Self.judge($0)
            }
        } judging: {
            Self.judge($0)
        }
        #expect(status == 503)
        #expect(service.calls.value == 1)
    }

    @Test func aResultThatIsNotSendableStaysInItsTask() async throws {
        let service = Service(503, 200)
        let page = try await retry().execute {
            Page(service.send())
        } judging: {
            Self.judge($0.status)
        }
        #expect(page.status == 200)
        let failed = try await retry(attempts: 1).execute {
            Page(503)
        } judging: {
            Self.judge($0.status)
        }
        #expect(failed.status == 503)
    }

    // MARK: Circuit breaker

    @Test func aBreakerCountsFailedResultsAndReturnsThem() async throws {
        let breaker = try breaker()
        for status in [503, 502] {
            #expect(
                try await breaker.execute {
                    status
                } judging: {
                    Self.judge($0)
                } == status)
        }
        #expect(breaker.state == .open)
        #expect(breaker.snapshot().lastFailure?.errorClass == .transient)
        await #expect(throws: CircuitBreakerError.self) {
            try await breaker.execute {
                200
            } judging: {
                Self.judge($0)
            }
        }
    }

    @Test func aCallersMistakeIsIgnored() async throws {
        let breaker = try breaker()
        for _ in 1...5 {
            _ = try await breaker.execute {
                404
            } judging: {
                Self.judge($0)
            }
        }
        #expect(breaker.state == .closed)
        #expect(breaker.snapshot().calls == 0)
    }

    // MARK: Pipelines

    @Test func aPipelineWithATimeLimitReturnsTheLastResult() async throws {
        let pipeline = try ResiliencePipeline("p") {
            try TimeLimiter("all", .seconds(60), clock: clock)
            try retry(attempts: 2)
            try breaker()
        }
        let service = Service(500, 503)
        #expect(
            try await pipeline.execute {
                service.send()
            } judging: {
                Self.judge($0)
            } == 503)
        #expect(service.calls.value == 2)
        await #expect(throws: CircuitBreakerError.self) {
            try await pipeline.execute {
                service.send()
            } judging: {
                Self.judge($0)
            }
        }
    }

    @Test func aLimiterLearnsTheWaitOfAFailedResult() async throws {
        let limiter = try RateLimiter.slidingWindow("l", limit: 10, per: .seconds(1), clock: clock)
        let pipeline = ResiliencePipeline("p") { limiter }
        _ = try await pipeline.execute {
            429
        } judging: {
            ErrorClassification(failedHTTPStatus: $0, retryAfter: .seconds(5))
        }
        #expect(limiter.snapshot().pausedFor == .seconds(5))
    }

    @Test func anAlternativeTakesOverAfterAFailedResult() async throws {
        let pipeline = try ResiliencePipeline("p") { try retry(attempts: 1) }
        let status = try await pipeline.execute {
            503
        } judging: {
            Self.judge($0)
        } fallback: { error in
            #expect((error as? FailedResult)?.classification.errorClass == .overloaded)
            return 200
        }
        #expect(status == 200)
    }

    @Test func aFailedResultThatNoAlternativeMendsIsReturned() async throws {
        let pipeline = try ResiliencePipeline("p") { try retry(attempts: 1) }
        let status = try await pipeline.execute {
            404
        } judging: {
            Self.judge($0)
        } fallback: { _ in
            200
        }
        #expect(status == 404)
    }

    @Test func anInTaskPipelineDoesTheSameForResultsThatAreNotSendable() async throws {
        let pipeline = try InTaskResiliencePipeline("p") { try retry(attempts: 2) }
        let service = Service(500, 503)
        let page = try await pipeline.execute {
            Page(service.send())
        } judging: {
            Self.judge($0.status)
        }
        #expect(page.status == 503)
        let other = try await pipeline.execute {
            Page(503)
        } judging: {
            Self.judge($0.status)
        } fallback: { _ in
            Page(200)
        }
        #expect(other.status == 200)
        let mistake = try await pipeline.execute {
            Page(404)
        } judging: {
            Self.judge($0.status)
        } fallback: { _ in
            Page(200)
        }
        #expect(mistake.status == 404)
    }
}
