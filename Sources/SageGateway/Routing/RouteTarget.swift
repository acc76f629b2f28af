import SageLLM
package import SageResilience
import Synchronization

/// One model of one provider, with the state that all requests to it share.
package final class RouteTarget: Sendable {
    package let provider: String
    package let model: String
    let endpoint: ProviderEndpoint
    /// Whether the provider has OpenAI's Responses interface, so that its requests need no translation.
    let servesResponses: Bool
    let exchange: ModelExchange
    let policy: TargetPolicy
    package let breaker: CircuitBreaker
    let budget: RetryBudget
    let keys: TargetKeys
    /// What limits the calls to it, beside the circuit breaker.
    let limits: TargetLimits
    let telemetry: TargetTelemetry

    private let ownPauseNanoseconds = Atomic<Int64>(0)
    private let latencies = Mutex(TargetLatencies())
    private let inFlightCalls = Atomic<Int>(0)
    private let failure = Mutex<(last: TargetFailure?, isCurrent: Bool)>((nil, false))
    private let ownPause = Mutex<(cause: TargetFailure, until: Moment)?>(nil)

    init(
        provider: ProviderState, model: String, endpoint: ProviderEndpoint, servesResponses: Bool,
        transport: any UpstreamTransport,
        redaction: SecretRedaction, policy: TargetPolicy, budget: RetryBudget, limits: TargetLimits? = nil,
        clock: any Clock<Duration>, listener: (any ResilienceListener)?, metrics: GatewayMetrics? = nil
    ) {
        self.provider = provider.name
        self.model = model
        self.endpoint = endpoint
        self.servesResponses = servesResponses
        self.policy = policy
        self.budget = budget
        self.keys = TargetKeys(provider, model: model, longestReset: policy.breaker.maxServerHint)
        let name = "\(provider.name)/\(model)"
        self.exchange = ModelExchange(target: name, transport: transport, redaction: redaction)
        self.breaker = CircuitBreaker(name, policy.breaker, clock: clock, listener: listener)
        self.limits = limits ?? TargetLimits(name, clock: clock)
        self.telemetry = TargetTelemetry(
            provider: provider.name, model: model, dialect: endpoint.dialect, baseURL: endpoint.baseURL,
            metrics: metrics)
    }

    /// `provider/model`, which is also the name of the circuit breaker.
    package var name: String { exchange.target }

    /// What a call to the target would meet now, circuit breaker aside.
    ///
    /// - Parameters:
    ///   - avoided: The keys that the request must not use.
    ///   - now: The present.
    func availability(avoiding avoided: KeySet = KeySet(), now: Moment) -> TargetAvailability {
        let ownPause = Moment(nanoseconds: ownPauseNanoseconds.load(ordering: .relaxed))
        let pause = max(ownPause, keys.provider.pausedUntil)
        let availability = keys.availability(avoiding: avoided, now: now)
        guard pause > now, availability != .exhausted else { return availability }
        if case .paused(let until) = availability { return .paused(until: max(until, pause)) }
        return .paused(until: pause)
    }

    /// Whether a call could be sent now as far as anybody knows.
    func isCallable(now: Moment) -> Bool {
        guard availability(now: now) == .ready else { return false }
        return switch breaker.state {
        // An open breaker whose time has passed lets the next call through.
        case .open: breaker.snapshot().retryAfter == .zero
        case .forcedOpen: false
        default: true
        }
    }

    /// Until when nothing can be sent to the target, as its provider has asked.
    var pausedUntil: Moment {
        if case .paused(let until) = availability(now: breaker.timeline.now) { until } else { .zero }
    }

    /// Notes that the provider asked that this target be not called for a time; the later of two such requests counts.
    func pause(for duration: Duration, now: Moment) {
        ownPauseNanoseconds.max(now.advanced(by: bounded(duration)).nanoseconds, ordering: .relaxed)
    }

    /// A pause that a provider asked for: as long as the circuit breaker listens to such requests at most, so that a
    /// nonsensical one ends some day.
    private func bounded(_ pause: Duration) -> Int64 {
        min(pause, policy.breaker.maxServerHint).saturatingNanoseconds
    }

    /// Notes what a failure says about a key, for all requests.
    func noteKey(_ trouble: KeyTrouble, _ key: Int, _ error: ProviderError, now: Moment) {
        let pause = error.classification.hint?.minimumWait.map { Duration.nanoseconds(bounded($0)) }
        if !trouble.isRefusal, let pause { noteCause(error, of: pause, now: now) }
        keys.note(trouble, of: key, pause: pause, errorClass: error.classification.errorClass, now: now)
    }

    /// Notes that the provider asked, in an answer, not to be called with a key for this model.
    func restKey(_ key: Int, for duration: Duration, now: Moment) {
        keys.rest(key, until: now.advanced(by: bounded(duration)))
    }

    /// Notes what a provider asked for, for all requests that it concerns.
    func notePause(_ error: ProviderError, now: Moment) {
        // An error about one request may quote it, and so may hold any text; it says nothing about the others.
        guard error.classification.fault == .provider, let wait = error.classification.hint?.minimumWait else { return }
        // 529 is Anthropic's for a service that is overloaded as a whole.
        guard error.status == 529 else {
            noteCause(error, of: wait, now: now)
            return pause(for: wait, now: now)
        }
        keys.provider.pause(until: now.advanced(by: bounded(wait)), because: TargetFailure(error, at: now))
    }

    private func noteCause(_ error: ProviderError, of pause: Duration, now: Moment) {
        let until = now.advanced(by: bounded(pause))
        ownPause.withLock { $0 = (TargetFailure(error, at: now), until) }
    }

    /// The failure with which the provider asked for the pause that the target is in; nil without a pause, or when the
    /// provider has only told that nothing is left of its limits.
    func pauseCause(now: Moment) -> TargetFailure? {
        guard case .paused(let until) = availability(now: now) else { return nil }
        let provider = keys.provider
        if until == provider.pausedUntil { return provider.pauseCause }
        return ownPause.withLock { pause in pause.flatMap { $0.until > now ? $0.cause : nil } }
    }

    // MARK: Latency

    /// How long the target takes to answer, in nanoseconds; nil when nothing is known.
    ///
    /// - Parameters:
    ///   - isStream: Whether to the first token of a stream, or to a whole answer.
    ///   - now: The present.
    func latency(isStream: Bool, now: Moment) -> Double? {
        latencies.withLock { $0.average(isStream: isStream, now: now) }
    }

    /// The time in nanoseconds after which a call is slow enough for a hedge; nil while that is not known.
    func hedgeDelay(_ rule: HedgeRule, isStream: Bool) -> Int64? {
        switch rule.delay {
        case .fixed(let nanoseconds): nanoseconds
        case .percentile(let share): latencies.withLock { $0.percentile(share, isStream: isStream) }
        }
    }

    func changeLatencies(_ change: (inout TargetLatencies) -> Void) {
        latencies.withLock { change(&$0) }
    }

    // MARK: Failures

    /// The last failure that was not a request's own fault.
    var lastFailure: TargetFailure? { failure.withLock { $0.last } }

    /// Whether the account or one of its keys cannot use this target, as far as is known: somebody has to act.
    var needsAttention: Bool {
        failure.withLock { $0.isCurrent && $0.last?.errorClass.recovery == .fatal }
            || keys.hasRefusal(now: breaker.timeline.now)
    }

    func noteFailure(_ error: ProviderError, now: Moment) {
        failure.withLock { $0 = (TargetFailure(error, at: now), true) }
    }

    func noteSuccess() {
        failure.withLock { $0.isCurrent = false }
    }

    // MARK: Calls

    /// The calls that are running now, streams included.
    var inFlight: Int { inFlightCalls.load(ordering: .relaxed) }

    /// Admits one call.
    ///
    /// - Parameters:
    ///   - isStream: Whether its answer is a stream.
    ///   - avoided: The keys that the request must not use; one is left.
    ///   - limit: What the call has taken of the limits; given back when the circuit breaker refuses it.
    ///   - estimate: The tokens that the call will use, at a guess; only computed when it is needed.
    ///   - reservation: What the call holds of the retry budget.
    ///   - now: The present; nil to look.
    /// - Throws: ``CircuitBreakerError`` when the circuit breaker refuses it.
    func admit(
        isStream: Bool = false, avoiding avoided: KeySet = KeySet(), limit: LimitPermit = .unlimited,
        estimate: @autoclosure () -> Int = 0, holding reservation: RetryReservation? = nil, now: Moment? = nil
    ) throws(CircuitBreakerError) -> TargetCall {
        let permit: CircuitBreaker.SharedPermit
        do throws(CircuitBreakerError) {
            permit = try breaker.acquire().shared()
        } catch {
            limit.refund()
            throw error
        }
        let now = now ?? breaker.timeline.now
        let (key, mark) = keys.take(avoiding: avoided, estimate, now: now)
        return TargetCall(
            self, permit: permit, key: key, mark: mark, limit: limit, isStream: isStream, reservation: reservation,
            startedAt: now)
    }

    func begin() {
        budget.beginCall()
        inFlightCalls.add(1, ordering: .relaxed)
    }

    func end() {
        budget.endCall()
        inFlightCalls.subtract(1, ordering: .relaxed)
    }
}
