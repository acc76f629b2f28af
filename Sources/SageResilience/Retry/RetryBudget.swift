import Synchronization

/// Limits how many calls to one service may be retrying at the same time, so that retries cannot multiply an outage.
///
/// Retries that are in flight *or scheduled* may make up at most `ratio` of the active calls, but `floor` of them are
/// always allowed. A retry counts from the moment it is scheduled: Envoy counted it only when it was sent, and a
/// thousand sleeping retries then passed together (envoyproxy/envoy #30205). The defaults, 20 % and 3, are Envoy's.
///
/// Share one budget among all policies that call the same service. Thread-safe, without a lock.
public final class RetryBudget: Sendable {
    /// The share of active calls that may be retries.
    public let ratio: Double
    /// The number of retries that are always allowed.
    public let floor: Int

    private let active = Atomic<Int>(0)
    private let retrying = Atomic<Int>(0)

    /// Creates a budget.
    ///
    /// - Parameters:
    ///   - ratio: The share of active calls that may be retries, from 0 to 1. Defaults to 0.2.
    ///   - floor: The number of retries that are always allowed, 0 or more. Defaults to 3.
    /// - Throws: ``ConfigurationError`` for a value out of range.
    public init(ratio: Double = 0.2, floor: Int = 3) throws(ConfigurationError) {
        try Validation.ratio("ratio", ratio)
        try Validation.count("floor", floor, in: 0...1_000_000)
        self.ratio = ratio
        self.floor = floor
    }

    private init(uncheckedRatio ratio: Double, floor: Int) {
        self.ratio = ratio
        self.floor = floor
    }

    /// A new budget of 20 % with a floor of 3.
    static func makeDefault() -> RetryBudget { RetryBudget(uncheckedRatio: 0.2, floor: 3) }

    /// A budget that allows every retry: for a pipeline that must not have the default one.
    public static let unlimited = RetryBudget(uncheckedRatio: 1, floor: .max)

    /// The calls that are active now, retries included.
    public var activeCalls: Int { active.load(ordering: .relaxed) }

    /// The retries that are in flight or scheduled now.
    public var activeRetries: Int { retrying.load(ordering: .relaxed) }

    /// Counts a call as active until ``endCall()``.
    @usableFromInline
    package func beginCall() {
        active.add(1, ordering: .relaxed)
    }

    /// Ends what ``beginCall()`` began.
    @usableFromInline
    package func endCall() {
        active.subtract(1, ordering: .relaxed)
    }

    /// Counts one retry more, until ``endRetry()``; false when the budget is used up.
    package func beginRetry() -> Bool {
        let allowed = max(floor, Int(ratio * Double(activeCalls)))
        var current = retrying.load(ordering: .relaxed)
        while current < allowed {
            let (exchanged, original) = retrying.weakCompareExchange(
                expected: current, desired: current + 1, ordering: .relaxed)
            if exchanged { return true }
            current = original
        }
        return false
    }

    /// Ends what ``beginRetry()`` began.
    package func endRetry() {
        retrying.subtract(1, ordering: .relaxed)
    }
}
