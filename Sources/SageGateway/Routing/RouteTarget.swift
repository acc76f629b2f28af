import SageLLM
package import SageResilience
import Synchronization

/// One model of one provider, with the state that all requests to it share.
package final class RouteTarget: Sendable {
    package let provider: String
    package let model: String
    let endpoint: OpenAIEndpoint
    let exchange: ChatExchange
    let policy: TargetPolicy
    package let breaker: CircuitBreaker
    let budget: RetryBudget

    private let pausedUntilNanoseconds = Atomic<Int64>(0)
    private let inFlightCalls = Atomic<Int>(0)
    private let failure = Mutex<(last: TargetFailure?, isCurrent: Bool)>((nil, false))

    init(
        provider: String, model: String, endpoint: OpenAIEndpoint, transport: any UpstreamTransport,
        redaction: SecretRedaction, policy: TargetPolicy, clock: any Clock<Duration>,
        listener: (any ResilienceListener)?
    ) throws(ConfigurationError) {
        self.provider = provider
        self.model = model
        self.endpoint = endpoint
        self.policy = policy
        let name = "\(provider)/\(model)"
        self.exchange = ChatExchange(target: name, transport: transport, redaction: redaction)
        self.breaker = CircuitBreaker(name, policy.breaker, clock: clock, listener: listener)
        self.budget = try policy.makeBudget()
    }

    /// `provider/model`, which is also the name of the circuit breaker.
    package var name: String { exchange.target }

    /// Until when the provider asked not to be called.
    var pausedUntil: Moment { Moment(nanoseconds: pausedUntilNanoseconds.load(ordering: .relaxed)) }

    /// Notes that the provider asked not to be called for a time; the later of two such requests counts.
    ///
    /// As long as the circuit breaker listens to such requests at most, so that a nonsensical one ends some day.
    func pause(for duration: Duration, now: Moment) {
        let bounded = min(duration, policy.breaker.maxServerHint)
        let until = now.advanced(by: bounded.saturatingNanoseconds).nanoseconds
        pausedUntilNanoseconds.max(until, ordering: .relaxed)
    }

    /// The last failure that was not a request's own fault.
    var lastFailure: TargetFailure? { failure.withLock { $0.last } }

    /// Whether the account cannot use this target, as far as the last call tells: somebody has to act.
    var needsAttention: Bool {
        failure.withLock { $0.isCurrent && $0.last?.errorClass.recovery == .fatal }
    }

    fileprivate func noteFailure(_ error: ProviderError, now: Moment) {
        failure.withLock { $0 = (TargetFailure(error, at: now), true) }
    }

    fileprivate func noteSuccess() {
        failure.withLock { $0.isCurrent = false }
    }

    /// The calls that are running now, streams included.
    var inFlight: Int { inFlightCalls.load(ordering: .relaxed) }

    /// Admits one call.
    ///
    /// - Throws: ``CircuitBreakerError`` when the circuit breaker refuses it.
    func admit() throws(CircuitBreakerError) -> TargetCall {
        TargetCall(self, permit: try breaker.acquire().shared())
    }

    fileprivate func begin() {
        budget.beginCall()
        inFlightCalls.add(1, ordering: .relaxed)
    }

    fileprivate func end() {
        budget.endCall()
        inFlightCalls.subtract(1, ordering: .relaxed)
    }
}

/// A call that a target has admitted, up to the end of its answer.
///
/// The last reference to go ends the call; without a verdict by then it counts as ignored.
final class TargetCall: Sendable {
    let target: RouteTarget
    private let permit: CircuitBreaker.SharedPermit

    fileprivate init(_ target: RouteTarget, permit: CircuitBreaker.SharedPermit) {
        self.target = target
        self.permit = permit
        target.begin()
    }

    deinit {
        target.end()
    }

    /// The first token has arrived: the rest of the time is the answer's, not the provider's.
    func firstTokenArrived() {
        permit.stopTiming()
    }

    /// The whole answer has arrived.
    func succeed() {
        permit.succeed()
        target.noteSuccess()
    }

    /// The call failed; what the provider asks for is remembered for all requests.
    func fail(_ error: any Error, now: Moment) {
        permit.fail(error)
        guard let error = error as? ProviderError else { return }
        if error.fallbackKind == .general { target.noteFailure(error, now: now) }
        // An error about one request may quote it, and so may hold any text; it says nothing about the others.
        let classification = error.classification
        guard classification.fault == .provider || classification.errorClass == .quotaExhausted else { return }
        if let wait = classification.hint?.minimumWait { target.pause(for: wait, now: now) }
    }

    /// The client went away.
    func ignore() {
        permit.ignore()
    }
}
