public import SageResilience

/// Runs a closure before the call is made: to restart a service, to drop a cache, to write a log line.
///
/// When the closure throws, its error is thrown and the call is not made.
public struct ChaosBehavior: ChaosPolicy {
    /// The name, for people.
    public let name: String
    /// When the policy strikes.
    public let chaosSwitch: ChaosSwitch
    private let behavior: @Sendable (ChaosCall) async throws -> Void

    /// Creates a policy that runs a closure.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - injectionRate: The share of the eligible calls that is struck, 0 to 1. Defaults to 0.001.
    ///   - isEnabled: Whether it is switched on.
    ///   - random: Decides which calls are struck. Defaults to the system's generator.
    ///   - condition: Which calls are eligible. Defaults to all.
    ///   - behavior: What to do before a call.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        _ name: String = "behavior", injectionRate: Double = 0.001, isEnabled: Bool = true,
        random: RandomSource = .system, where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true },
        behavior: @escaping @Sendable (ChaosCall) async throws -> Void
    ) throws(ConfigurationError) {
        self.name = name
        self.chaosSwitch = try ChaosSwitch(
            injectionRate: injectionRate, isEnabled: isEnabled, random: random, where: condition)
        self.behavior = behavior
    }

    /// Runs the closure, if the policy strikes.
    public func inject<Result>(_ call: ChaosCall, as type: Result.Type) async throws -> ChaosInjection<Result> {
        if chaosSwitch.strikes(call) { try await behavior(call) }
        return .none
    }
}
