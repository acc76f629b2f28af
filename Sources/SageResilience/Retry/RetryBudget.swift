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

    /// What calls have to do with the budget.
    @usableFromInline
    enum Accounting: Sendable {
        case activeCalls
        case tokens(RetryTokens)
        case deposits(RetryDeposits)
    }

    /// How this budget decides.
    public let form: Form

    @usableFromInline let accounting: Accounting
    @usableFromInline let active = Atomic<Int>(0)
    private let ratio: Double
    private let floor: Int
    private let retrying = Atomic<Int>(0)
    private let allowed = Atomic<Int>(0)
    private let refused = Atomic<Int>(0)

    private init(_ form: Form, _ accounting: Accounting, ratio: Double = 0, floor: Int = 0) {
        self.form = form
        self.accounting = accounting
        self.ratio = ratio
        self.floor = floor
    }

    private convenience init(uncheckedRatio ratio: Double, floor: Int) {
        self.init(.share(ratio: ratio, floor: floor), .activeCalls, ratio: ratio, floor: floor)
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
    /// - Parameters:
    ///   - maximum: How many tokens the bucket holds, 1 to 1,000. Defaults to 10.
    ///   - ratio: What a success gives back, 0.001 to 1,000, of which decimals after the third are dropped. Defaults
    ///     to 0.1.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public static func tokenBucket(maximum: Int = 10, ratio: Double = 0.1) throws(ConfigurationError) -> RetryBudget {
        try Validation.count("maximum", maximum, in: 1...1_000)
        try Validation.ratio("ratio", ratio, in: 0.001...1_000)
        return RetryBudget(
            .tokens(maximum: maximum, ratio: ratio), .tokens(RetryTokens(maximum: maximum, ratio: ratio)))
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
            .deposits(
                RetryDeposits(
                    ratio: ratio, timeToLive: timeToLive.saturatingNanoseconds,
                    minRetriesPerSecond: minRetriesPerSecond, timeline: Timeline(clock))))
    }

    /// A new budget of 20 % with a floor of 3.
    static func makeDefault() -> RetryBudget { RetryBudget(uncheckedRatio: 0.2, floor: 3) }

    /// A budget that allows every retry: for a pipeline that must not have the default one.
    public static let unlimited = RetryBudget(uncheckedRatio: 1, floor: .max)

    /// The calls that are active now, retries included; zero in the forms that need not know it.
    public var activeCalls: Int { active.load(ordering: .relaxed) }

    /// The retries that are in flight or scheduled now.
    public var activeRetries: Int { retrying.load(ordering: .relaxed) }

    // MARK: Calls

    /// Notes that a call begins; ``endCall()`` must follow.
    @inlinable
    package func beginCall() {
        switch accounting {
        case .activeCalls: active.wrappingAdd(1, ordering: .relaxed)
        case .tokens: break
        case .deposits(let deposits): deposits.callBegins()
        }
    }

    /// Ends what ``beginCall()`` began.
    @inlinable
    package func endCall() {
        if case .activeCalls = accounting { active.wrappingSubtract(1, ordering: .relaxed) }
    }

    /// Notes that an attempt succeeded.
    @inlinable
    package func recordSuccess() {
        if case .tokens(let tokens) = accounting { tokens.recordSuccess() }
    }

    /// Notes that an attempt failed; only the service's own failures cost.
    package func recordFailure(of classification: ErrorClassification) {
        guard classification.fault == .provider else { return }
        if case .tokens(let tokens) = accounting { tokens.recordFailure() }
    }

    // MARK: Retries

    /// Takes one retry, or one hedge, from the moment it is scheduled; false when the budget is used up.
    ///
    /// When true, either ``endRetry()`` or ``cancelRetry()`` must follow.
    package func beginRetry() -> Bool {
        let isAllowed =
            switch accounting {
            case .activeCalls: reserveShare()
            case .tokens(let tokens): begin(tokens.allowsRetry)
            case .deposits(let deposits): begin(deposits.withdraw())
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
        if case .deposits(let deposits) = accounting { deposits.refund() }
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
        max(floor, Int(ratio * Double(max(0, activeCalls)) + 1e-9))
    }

    // MARK: Observing

    /// The state of the budget now.
    public func snapshot() -> Snapshot {
        var thousandths: Int?
        let available: Int
        switch accounting {
        case .activeCalls:
            available = max(0, allowedShare.subtractingSaturating(activeRetries))
        case .tokens(let tokens):
            thousandths = tokens.thousandths
            available = tokens.remainingRetries
        case .deposits(let deposits):
            available = deposits.remainingRetries
        }
        return Snapshot(
            form: form, activeCalls: activeCalls, activeRetries: activeRetries, availableRetries: available,
            tokens: thousandths.map { Double($0) / 1_000 },
            allowedRetries: allowed.load(ordering: .relaxed), refusedRetries: refused.load(ordering: .relaxed))
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
    /// Whether the budget is like a new one: nothing is active, and nothing is missing.
    public var isEvictable: Bool {
        guard activeCalls == 0, activeRetries == 0 else { return false }
        return switch accounting {
        case .activeCalls: true
        case .tokens(let tokens): tokens.isFull
        case .deposits(let deposits): deposits.isUntouched
        }
    }
}
