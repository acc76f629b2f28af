public import SageResilience
import Synchronization

/// When a chaos policy strikes: at which rate, for which calls, and whether at all.
///
/// Every ``ChaosPolicy`` has one, and it may be changed while calls are made. For a call the switch looks first whether
/// it is on, then whether the condition holds, and then draws one random number, which strikes if it is below the rate.
/// A call that is not eligible draws none, so that a seeded source gives the eligible calls the same fates whatever
/// else is called. Thread-safe.
public final class ChaosSwitch: Sendable {
    private struct State {
        var isEnabled: Bool
        var injectionRate: Double
        var counts = ChaosCounts()
    }

    private let state: Mutex<State>
    private let condition: @Sendable (ChaosCall) -> Bool
    /// Where the random numbers come from.
    let random: RandomSource

    /// Creates a switch.
    ///
    /// - Parameters:
    ///   - injectionRate: The share of the eligible calls that is struck, 0 to 1.
    ///   - isEnabled: Whether it is on.
    ///   - random: Where the random numbers come from.
    ///   - condition: Which calls are eligible.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        injectionRate: Double, isEnabled: Bool = true, random: RandomSource = .system,
        where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true }
    ) throws(ConfigurationError) {
        try Self.validate(injectionRate)
        self.state = Mutex(State(isEnabled: isEnabled, injectionRate: injectionRate))
        self.condition = condition
        self.random = random
    }

    /// Whether the policy may strike.
    public var isEnabled: Bool {
        get { state.withLock { $0.isEnabled } }
        set { state.withLock { $0.isEnabled = newValue } }
    }

    /// The share of the eligible calls that is struck, from 0 to 1.
    public var injectionRate: Double { state.withLock { $0.injectionRate } }

    /// Changes the share of the eligible calls that is struck.
    ///
    /// - Parameter rate: The new share, 0 to 1.
    /// - Throws: `ConfigurationError` for a rate out of range; nothing is changed then.
    public func setInjectionRate(_ rate: Double) throws(ConfigurationError) {
        try Self.validate(rate)
        state.withLock { $0.injectionRate = rate }
    }

    /// How often the policy was asked, and how often it struck.
    public var counts: ChaosCounts { state.withLock { $0.counts } }

    /// Sets all ``counts`` to zero.
    public func resetCounts() {
        state.withLock { $0.counts = ChaosCounts() }
    }

    /// Decides about one call, and counts it.
    public func strikes(_ call: ChaosCall) -> Bool {
        let isEnabled = state.withLock { state in
            state.counts.calls += 1
            return state.isEnabled
        }
        // The condition and the source are the user's code: they run outside the lock.
        guard isEnabled, condition(call) else { return false }
        let unit = random.unitInterval()
        return state.withLock { state in
            state.counts.eligible += 1
            guard unit < state.injectionRate else { return false }
            state.counts.injected += 1
            return true
        }
    }

    private static func validate(_ rate: Double) throws(ConfigurationError) {
        guard rate >= 0, rate <= 1 else {
            throw ConfigurationError(field: "injectionRate", value: rate, allowed: "0.0 to 1.0")
        }
    }
}
