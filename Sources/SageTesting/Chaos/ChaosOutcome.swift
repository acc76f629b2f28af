public import SageResilience

/// Returns a result of its own instead of making the call: an empty answer, a truncated one, a status that no client
/// throws for.
///
/// It leaves alone, without drawing a random number, calls that return another type than its `Value`.
public struct ChaosOutcome<Value: Sendable>: ChaosPolicy {
    /// The name, for people.
    public let name: String
    /// When the policy strikes.
    public let chaosSwitch: ChaosSwitch
    private let makeOutcome: @Sendable (ChaosCall) -> Value

    /// Creates a policy that replaces results.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - injectionRate: The share of the eligible calls that is replaced, 0 to 1. Defaults to 0.001.
    ///   - isEnabled: Whether it is switched on.
    ///   - random: Decides which calls are struck. Defaults to the system's generator.
    ///   - condition: Which calls are eligible. Defaults to all.
    ///   - outcome: Makes the result for a call.
    /// - Throws: `ConfigurationError` for a rate out of range.
    public init(
        _ name: String = "outcome", injectionRate: Double = 0.001, isEnabled: Bool = true,
        random: RandomSource = .system, where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true },
        outcome: @escaping @Sendable (ChaosCall) -> Value
    ) throws(ConfigurationError) {
        self.name = name
        self.chaosSwitch = try ChaosSwitch(
            injectionRate: injectionRate, isEnabled: isEnabled, random: random, where: condition)
        self.makeOutcome = outcome
    }

    /// Gives the result, if the policy strikes.
    public func inject<Result>(_ call: ChaosCall, as type: Result.Type) async throws -> ChaosInjection<Result> {
        guard type == Value.self, chaosSwitch.strikes(call), let result = makeOutcome(call) as? Result else {
            return .none
        }
        return .outcome(result)
    }
}
