public import SageResilience

/// Throws an error instead of making the call.
public struct ChaosFault: ChaosPolicy {
    /// The name, for people.
    public let name: String
    /// When the policy strikes.
    public let chaosSwitch: ChaosSwitch
    private let makeError: @Sendable (ChaosCall) -> any Error

    /// Creates a policy that throws.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - injectionRate: The share of the eligible calls that fails, 0 to 1. Defaults to 0.001.
    ///   - isEnabled: Whether it is switched on.
    ///   - random: Decides which calls are struck. Defaults to the system's generator.
    ///   - condition: Which calls are eligible. Defaults to all.
    ///   - error: Makes the error for a call.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        _ name: String = "fault", injectionRate: Double = 0.001, isEnabled: Bool = true,
        random: RandomSource = .system, where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true },
        error: @escaping @Sendable (ChaosCall) -> any Error
    ) throws(ConfigurationError) {
        self.name = name
        self.chaosSwitch = try ChaosSwitch(
            injectionRate: injectionRate, isEnabled: isEnabled, random: random, where: condition)
        self.makeError = error
    }

    /// Throws the error, if the policy strikes.
    public func inject<Result>(_ call: ChaosCall, as type: Result.Type) async throws -> ChaosInjection<Result> {
        if chaosSwitch.strikes(call) { throw makeError(call) }
        return .none
    }
}
