public import Synchronization

/// Limits how many calls to one service may be retried, so that retries cannot multiply an outage.
///
/// There are three forms, each with its own idea of how much is too much (``Form``): a share of the calls that are
/// active (the default, Envoy's), a bucket of tokens that failures empty and successes fill (gRPC's), and deposits
/// that calls make and retries withdraw (Finagle's).
///
/// Share one budget among all retries and hedges that call the same service, and only those: a budget is a statement
/// about one service. Thread-safe, without a lock; a call that succeeds at once costs two atomic additions in the first
/// form, a load in the second and one addition in the third.
public final class RetryBudget: Sendable {
    /// How a budget decides.
    @nonexhaustive
    public enum Form: Sendable, Hashable {
        /// Retries that are in flight or scheduled make up at most this share of the active calls, but so many are
        /// always allowed.
        case share(ratio: Double, floor: Int)
        /// A failure of the service takes one token, a success gives a fraction back; retries are allowed while more
        /// than half of the tokens are there.
        case tokens(maximum: Int, ratio: Double)
        /// Every call deposits a fraction of a retry, which lives for a time; beside them so many retries a second
        /// are always allowed.
        case deposits(ratio: Double, timeToLive: Duration, minRetriesPerSecond: Int)
    }

    /// What calls have to do with the budget: a byte, so that the success path retains nothing to look at it.
    @usableFromInline
    enum Accounting: UInt8, Sendable {
        case activeCalls
        case tokens
        case deposits
    }

    /// How this budget decides.
    public let form: Form

    @usableFromInline let accounting: Accounting
    /// The calls that are active, where that is what counts.
    @usableFromInline let active = ActiveCallCount()
    /// The calls that have begun, where they deposit.
    @usableFromInline let begun = Atomic<Int>(0)
    /// The thousandths of a token that are there, where there are tokens.
    @usableFromInline let level: Atomic<Int>
    @usableFromInline let fullLevel: Int
    /// A lot of deposits is complete when the number of calls has none of these bits.
    @usableFromInline let lotMask: Int
    private let ratio: Double
    private let floor: Int
    private let tokens: RetryTokens?
    /// When the level was last changed, in nanoseconds of the tokens' timeline.
    private let changedAt = Atomic<Int64>(0)
    private let deposits: RetryDeposits?
    private let retrying = Atomic<Int>(0)
    private let allowed = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)

    private init(
        _ form: Form, ratio: Double = 0, floor: Int = 0, tokens: RetryTokens? = nil, deposits: RetryDeposits? = nil
    ) {
        self.form = form
        self.accounting = tokens != nil ? .tokens : deposits != nil ? .deposits : .activeCalls
        self.ratio = ratio
        self.floor = floor
        self.tokens = tokens
        self.deposits = deposits
        self.fullLevel = tokens?.maximum ?? 0
        self.level = Atomic(fullLevel)
        self.lotMask = deposits?.lotMask ?? 0
    }

    private convenience init(uncheckedRatio ratio: Double, floor: Int) {
        self.init(.share(ratio: ratio, floor: floor), ratio: ratio, floor: floor)
    }

    /// Creates a budget that is a share of the active calls.
    ///
    /// A retry counts from the moment it is scheduled: Envoy counted it only when it was sent, and a thousand sleeping
    /// retries then passed together (envoyproxy/envoy #30205). The defaults are Envoy's.
    ///
    /// - Parameters:
    ///   - ratio: The share of active calls that may be retries, from 0 to 1. Defaults to 0.2.
    ///   - floor: The number of retries that are always allowed, 0 or more. Defaults to 3.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public convenience init(ratio: Double = 0.2, floor: Int = 3) throws(ConfigurationError) {
        try Validation.ratio("ratio", ratio)
        try Validation.count("floor", floor, in: 0...1_000_000)
        self.init(uncheckedRatio: ratio, floor: floor)
    }

    /// A budget that is a bucket of tokens, as in gRPC (proposal A6).
    ///
    /// The bucket is full at first. Each failure of the service takes one token and each success gives `ratio` of one
    /// back; retries are allowed while *more* than half of the tokens are there. Mistakes of the caller, cancellation
    /// and refusals by policies cost nothing. Counted in thousandths, as gRPC does.
    ///
    /// Time gives nothing back, as in gRPC; but after a minute without a result a registry may forget a budget that is
    /// not full (``isEvictable``).
    ///
    /// - Parameters:
    ///   - maximum: How many tokens the bucket holds, 1 to 1,000. Defaults to 10.
    ///   - ratio: What a success gives back, 0.001 to 1,000, of which decimals after the third are dropped. Defaults
    ///     to 0.1.
    ///   - clock: The clock by which a budget is idle; a call that succeeds while the bucket is full does not read it.
    ///     Defaults to `ContinuousClock`.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func tokenBucket(
        maximum: Int = 10, ratio: Double = 0.1, clock: any Clock<Duration> = ContinuousClock()
    ) throws(ConfigurationError) -> RetryBudget {
        try Validation.count("maximum", maximum, in: 1...1_000)
        try Validation.ratio("ratio", ratio, in: 0.001...1_000)
        return RetryBudget(
            .tokens(maximum: maximum, ratio: ratio),
            tokens: RetryTokens(maximum: maximum, ratio: ratio, timeline: Timeline(clock)))
    }

    /// A budget into which calls deposit, as in Finagle.
    ///
    /// Every call deposits `ratio` of a retry when it begins and every retry withdraws a whole one when it is scheduled;
    /// both are forgotten after `timeToLive`. Beside them, `minRetriesPerSecond · timeToLive` retries are there for
    /// services with little traffic. Deposits are credited in lots of less than one retry, so that a call need not read
    /// the clock each time.
    ///
    /// - Parameters:
    ///   - ratio: The share of calls that may be retried, from 0 to 1. Defaults to 0.2.
    ///   - timeToLive: How long a deposit lives, 1 s to 60 s. Defaults to 10 s.
    ///   - minRetriesPerSecond: The retries that are allowed beside, 0 to 10,000 a second. Defaults to 10.
    ///   - clock: The clock by which deposits age. Defaults to `ContinuousClock`.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func deposits(
        ratio: Double = 0.2, timeToLive: Duration = .seconds(10), minRetriesPerSecond: Int = 10,
        clock: any Clock<Duration> = ContinuousClock()
    ) throws(ConfigurationError) -> RetryBudget {
        try Validation.ratio("ratio", ratio)
        guard timeToLive >= .seconds(1), timeToLive <= .seconds(60) else {
            throw ConfigurationError(field: "timeToLive", value: timeToLive, allowed: "1 s to 60 s")
        }
        try Validation.count("minRetriesPerSecond", minRetriesPerSecond, in: 0...10_000)
        return RetryBudget(
            .deposits(ratio: ratio, timeToLive: timeToLive, minRetriesPerSecond: minRetriesPerSecond),
            deposits: RetryDeposits(
                ratio: ratio, timeToLive: timeToLive.saturatingNanoseconds, minRetriesPerSecond: minRetriesPerSecond,
                timeline: Timeline(clock)))
    }

    /// A new budget of 20 % with a floor of 3.
    static func makeDefault() -> RetryBudget { RetryBudget(uncheckedRatio: 0.2, floor: 3) }

    /// A budget that allows every retry: for a pipeline that must not have the default one.
    public static let unlimited = RetryBudget(uncheckedRatio: 1, floor: .max)

    /// The calls that are active now, retries included; zero in the forms that need not know it.
    public var activeCalls: Int { active.value }

    /// The retries that are in flight or scheduled now.
    public var activeRetries: Int { retrying.load(ordering: .relaxed) }

    // MARK: Calls

    /// Notes that a call begins; ``endCall()`` or ``endSuccessfulCall()`` must follow.
    @inlinable
    package func beginCall() {
        switch accounting {
        case .activeCalls: active.add(1)
        case .tokens: break
        case .deposits: if begun.wrappingAdd(1, ordering: .relaxed).newValue & lotMask == 0 { depositLot() }
        }
    }

    /// ``beginCall()`` for a call that comes to this budget only after a failure, each time it is about to take a retry;
    /// it deposits the first time.
    package func joinCall(isFirst: Bool) {
        if isFirst || accounting == .activeCalls { beginCall() }
    }

    /// Ends what ``beginCall()`` began.
    @inlinable
    package func endCall() {
        if accounting == .activeCalls { active.add(-1) }
    }

    /// ``recordSuccess()`` and ``endCall()`` in one, for the path on which nothing else happens.
    @inlinable
    package func endSuccessfulCall() {
        switch accounting {
        case .activeCalls: active.add(-1)
        case .tokens: recordSuccess()
        case .deposits: break
        }
    }

    /// Notes that an attempt succeeded.
    @inlinable
    package func recordSuccess() {
        // A full bucket, the usual case, is only looked at.
        if accounting == .tokens, level.load(ordering: .relaxed) < fullLevel { refill() }
    }

    /// Notes that an attempt failed; only the service's own failures cost.
    package func recordFailure(of classification: ErrorClassification) {
        guard let tokens, classification.fault == .provider else { return }
        changeLevel(of: tokens, tokens.afterFailure)
    }

    @usableFromInline
    func refill() {
        guard let tokens else { return }
        changeLevel(of: tokens, tokens.afterSuccess)
    }

    private func changeLevel(of tokens: RetryTokens, _ next: (Int) -> Int) {
        changedAt.store(tokens.timeline.now.nanoseconds, ordering: .relaxed)
        var current = level.load(ordering: .relaxed)
        while true {
            let (exchanged, original) = level.weakCompareExchange(
                expected: current, desired: next(current), ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }

    @usableFromInline
    func depositLot() {
        deposits?.depositLot()
    }

    // MARK: Retries

    /// Takes one retry, or one hedge, from the moment it is scheduled; false when the budget is used up.
    ///
    /// When true, either ``endRetry()`` or ``cancelRetry()`` must follow.
    package func beginRetry() -> Bool {
        let isAllowed =
            if let tokens {
                begin(tokens.allowsRetry(level.load(ordering: .relaxed)))
            } else if let deposits {
                begin(deposits.withdraw())
            } else {
                reserveShare()
            }
        guard isAllowed else {
            refused.wrappingAdd(1, ordering: .relaxed)
            return false
        }
        allowed.wrappingAdd(1, ordering: .relaxed)
        return true
    }

    /// Ends a retry that ``beginRetry()`` allowed and that was sent.
    package func endRetry() {
        retrying.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Ends a retry that ``beginRetry()`` allowed and that was never sent.
    package func cancelRetry() {
        deposits?.refund()
        allowed.wrappingSubtract(1, ordering: .relaxed)
        endRetry()
    }

    private func begin(_ isAllowed: Bool) -> Bool {
        if isAllowed { retrying.wrappingAdd(1, ordering: .relaxed) }
        return isAllowed
    }

    private func reserveShare() -> Bool {
        let most = allowedShare
        var current = retrying.load(ordering: .relaxed)
        while current < most {
            let (exchanged, original) = retrying.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .relaxed)
            if exchanged { return true }
            current = original
        }
        return false
    }

    /// How many retries may be active at the same time.
    private var allowedShare: Int {
        // 29 % of 100 is 28.999999999999996.
        max(floor, Int(ratio * Double(activeCalls) + 1e-9))
    }

    // MARK: Observing

    /// The state of the budget now.
    public func snapshot() -> Snapshot {
        let level = level.load(ordering: .relaxed)
        let available =
            tokens?.remainingRetries(level) ?? deposits?.remainingRetries
            ?? max(0, allowedShare.subtractingSaturating(activeRetries))
        return Snapshot(
            form: form, activeCalls: activeCalls, activeRetries: activeRetries, availableRetries: available,
            tokens: tokens == nil ? nil : Double(level) / 1_000, allowedRetries: allowed.load(ordering: .relaxed),
            refusedRetries: refused.load(ordering: .relaxed))
    }

    /// What a budget knows at one moment; its parts are read one after the other.
    public struct Snapshot: Sendable, Hashable {
        /// How the budget decides.
        public let form: Form
        /// The calls that are active, retries included; zero in the forms that need not know it.
        public let activeCalls: Int
        /// The retries that are in flight or scheduled.
        public let activeRetries: Int
        /// How many more would be allowed now; in the form with tokens, if all of them failed.
        public let availableRetries: Int
        /// The tokens in the bucket; nil in the other forms.
        public let tokens: Double?
        /// The retries that were allowed and not called off, since the budget was created.
        public let allowedRetries: Int
        /// The retries that were refused since the budget was created.
        public let refusedRetries: Int
    }
}

extension RetryBudget: Evictable {
    /// Whether nothing is active and nothing of worth is lost: the budget is like a new one, or it is a bucket of tokens
    /// that has had no result for a minute.
    public var isEvictable: Bool {
        activeCalls == 0 && activeRetries == 0 && (tokens.map(isFullOrIdle) ?? true) && (deposits?.isUntouched ?? true)
    }

    /// An outage of a minute ago says little about now; and only results refill a bucket, so that one without traffic
    /// would otherwise be kept for ever.
    private func isFullOrIdle(_ tokens: RetryTokens) -> Bool {
        level.load(ordering: .relaxed) == fullLevel
            || tokens.timeline.now.elapsed(since: Moment(nanoseconds: changedAt.load(ordering: .relaxed)))
                >= RetryTokens.idleNanoseconds
    }
}
