public import SageResilience

/// Waits before the call is made.
///
/// A call that is cancelled while it waits is not made; it ends with `CancellationError`.
public struct ChaosLatency: ChaosPolicy {
    /// The name, for people.
    public let name: String
    /// When the policy strikes.
    public let chaosSwitch: ChaosSwitch
    private let clock: any Clock<Duration>
    private let latency: @Sendable (ChaosCall) -> Duration

    /// Creates a policy that delays by the same time always.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - latency: How long to wait; zero or less does not wait.
    ///   - injectionRate: The share of the eligible calls that is delayed, 0 to 1. Defaults to 0.001.
    ///   - isEnabled: Whether it is switched on.
    ///   - clock: The clock that waits. Defaults to the continuous clock.
    ///   - random: Decides which calls are struck. Defaults to the system's generator.
    ///   - condition: Which calls are eligible. Defaults to all.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        _ name: String, _ latency: Duration, injectionRate: Double = 0.001, isEnabled: Bool = true,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true }
    ) throws(ConfigurationError) {
        try self.init(
            name, injectionRate: injectionRate, isEnabled: isEnabled, clock: clock, random: random, where: condition,
            latency: { _ in latency })
    }

    /// Creates a policy named `latency` that delays by the same time always.
    ///
    /// - Parameters:
    ///   - latency: How long to wait; zero or less does not wait.
    ///   - injectionRate: The share of the eligible calls that is delayed, 0 to 1. Defaults to 0.001.
    ///   - isEnabled: Whether it is switched on.
    ///   - clock: The clock that waits. Defaults to the continuous clock.
    ///   - random: Decides which calls are struck. Defaults to the system's generator.
    ///   - condition: Which calls are eligible. Defaults to all.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        _ latency: Duration, injectionRate: Double = 0.001, isEnabled: Bool = true,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true }
    ) throws(ConfigurationError) {
        try self.init(
            "latency", latency, injectionRate: injectionRate, isEnabled: isEnabled, clock: clock, random: random,
            where: condition)
    }

    /// Creates a policy that delays by a time that depends on the call.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - injectionRate: The share of the eligible calls that is delayed, 0 to 1. Defaults to 0.001.
    ///   - isEnabled: Whether it is switched on.
    ///   - clock: The clock that waits. Defaults to the continuous clock.
    ///   - random: Decides which calls are struck. Defaults to the system's generator.
    ///   - condition: Which calls are eligible. Defaults to all.
    ///   - latency: How long to wait before a call; zero or less does not wait.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        _ name: String = "latency", injectionRate: Double = 0.001, isEnabled: Bool = true,
        clock: any Clock<Duration> = ContinuousClock(), random: RandomSource = .system,
        where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true },
        latency: @escaping @Sendable (ChaosCall) -> Duration
    ) throws(ConfigurationError) {
        self.name = name
        self.chaosSwitch = try ChaosSwitch(
            injectionRate: injectionRate, isEnabled: isEnabled, random: random, where: condition)
        self.clock = clock
        self.latency = latency
    }

    /// Waits, if the policy strikes.
    public func inject<Result>(_ call: ChaosCall, as type: Result.Type) async throws -> ChaosInjection<Result> {
        if chaosSwitch.strikes(call) {
            let latency = latency(call)
            // A timeline takes durations that the clock's own arithmetic traps on.
            if latency > .zero { try await Timeline(clock).sleep(nanoseconds: latency.saturatingNanoseconds) }
        }
        return .none
    }
}
