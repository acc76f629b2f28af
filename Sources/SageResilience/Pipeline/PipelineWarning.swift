/// Something that is known to be wrong with the order of a pipeline's policies.
///
/// The pipeline works all the same. The rules come from what users of other libraries ran into: retries that
/// multiply, permits used up by calls that are refused, waits that count as time-outs.
public struct PipelineWarning: Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    @nonexhaustive
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        /// Retries stand inside each other: their attempts multiply.
        case nestedRetries = "nested_retries"
        /// A circuit breaker stands outside a retry: it judges a call by its last attempt and cannot stop the others.
        case breakerOutsideRetry = "breaker_outside_retry"
        /// A limiter stands outside a retry: the attempts after the first one are not limited.
        case limiterOutsideRetry = "limiter_outside_retry"
        /// A limiter stands outside a circuit breaker: calls that are refused use up its permits.
        case limiterOutsideBreaker = "limiter_outside_breaker"
        /// A queue stands inside the time limit of an attempt: waiting in it counts as the service's time-out.
        case queueInsideAttemptLimit = "queue_inside_attempt_limit"
        /// A bulkhead stands outside an abandoning time limit: it gives the place away while the operation goes on.
        case placeOutsideAbandoningLimit = "place_outside_abandoning_limit"
        /// A time limit stands inside a shorter one, or one of the same length: it never fires.
        case uselessTimeLimit = "useless_time_limit"
        /// The same policy stands in the pipeline twice: each call passes it twice.
        case repeatedPolicy = "repeated_policy"
    }

    /// What is wrong.
    public let rule: Rule
    /// The policies that it is about, the outer one first.
    public let policies: [PolicyIdentity]
    /// What is wrong and what to do about it, as a sentence.
    public let description: String
}

extension PipelineWarning {
    /// Tells a listener about the warnings of a pipeline.
    static func report(_ warnings: [PipelineWarning], pipeline: String, to listener: (any ResilienceListener)?) {
        guard let emitter = EventEmitter.make(PolicyIdentity(.pipeline, pipeline), listener) else { return }
        for warning in warnings { emitter.emit(.pipelineWarning(warning.description)) }
    }

    /// What is wrong with policies in this order, outermost first.
    static func all(for policies: [PipelineComponent.Policy]) -> [PipelineWarning] {
        var warnings: [PipelineWarning] = []
        for (index, outer) in policies.enumerated() {
            for inner in policies[(index + 1)...] {
                guard let warning = warning(outer, inner) else { continue }
                warnings.append(warning)
            }
        }
        return warnings + queueWarnings(policies)
    }

    private static func warning(
        _ outer: PipelineComponent.Policy, _ inner: PipelineComponent.Policy
    ) -> PipelineWarning? {
        let (first, second) = (outer.title, inner.title)
        func make(_ rule: Rule, _ text: String) -> PipelineWarning {
            PipelineWarning(rule: rule, policies: [outer.identity, inner.identity], description: text)
        }
        if let object = outer.object, object === inner.object {
            return make(.repeatedPolicy, "\(first) stands in the pipeline twice; leave one of them out")
        }
        switch (outer.identity.kind, inner.identity.kind) {
        case (.retry, .retry), (.hedge, .retry):
            return make(
                .nestedRetries, "\(second) stands inside \(first), so that their attempts multiply; keep one of them")
        case (.circuitBreaker, .retry):
            return make(
                .breakerOutsideRetry,
                "\(first) stands outside \(second), so that it judges only the last attempt and cannot stop the others;"
                    + " move it inside")
        case (.rateLimiter, .retry), (.bulkhead, .retry), (.adaptiveLimiter, .retry), (.adaptiveRateLimiter, .retry),
            (.clientThrottle, .retry):
            return make(
                .limiterOutsideRetry,
                "\(first) stands outside \(second), so that it counts a call with all its attempts once;"
                    + " move it inside")
        case (.rateLimiter, .circuitBreaker), (.adaptiveRateLimiter, .circuitBreaker), (.bulkhead, .circuitBreaker):
            return make(
                .limiterOutsideBreaker,
                "\(first) stands outside \(second), so that calls which the breaker refuses wait for and use its permits;"
                    + " move it inside")
        case (.bulkhead, .timeLimiter) where inner.isAbandoning:
            return make(
                .placeOutsideAbandoningLimit,
                "\(first) stands outside \(second), which abandons operations, so that it gives their places away while"
                    + " they go on; move it inside, without a queue")
        case (.timeLimiter, .timeLimiter):
            guard let outerLimit = outer.timeLimit, let innerLimit = inner.timeLimit, innerLimit >= outerLimit
            else { return nil }
            return make(
                .uselessTimeLimit,
                "\(second) of \(innerLimit) stands inside \(first) of \(outerLimit) and never fires; make it shorter")
        default:
            return nil
        }
    }

    /// Queues inside a time limit that is itself inside a retry.
    private static func queueWarnings(_ policies: [PipelineComponent.Policy]) -> [PipelineWarning] {
        var warnings: [PipelineWarning] = []
        var isInRetry = false
        var attemptLimit: PipelineComponent.Policy?
        for policy in policies {
            if policy.identity.kind == .retry { (isInRetry, attemptLimit) = (true, nil) }
            if policy.identity.kind == .timeLimiter, isInRetry { attemptLimit = policy }
            if let attemptLimit, policy.mayWait {
                warnings.append(
                    PipelineWarning(
                        rule: .queueInsideAttemptLimit, policies: [attemptLimit.identity, policy.identity],
                        description: "\(policy.title) stands inside \(attemptLimit.title), so that waiting in its"
                            + " queue counts as a time-out of the service; move it outside"))
            }
        }
        return warnings
    }
}
