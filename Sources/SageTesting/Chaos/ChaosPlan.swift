public import SageResilience

/// Several chaos policies in order: a drill.
///
/// ```swift
/// let drill = try ChaosPlan("openai is ill", where: { $0.key == "openai" }) {
///     try ChaosLatency(.seconds(3), injectionRate: 0.05)
///     try ChaosFault(injectionRate: 0.1) { _ in ProviderError(status: 503) }
/// }
/// ```
///
/// A plan looks first at its own switch. If that strikes, the policies are asked in the order in which they are
/// written, outermost first, each for itself: a call may be delayed and fail. The first that throws or gives a result
/// ends the plan; those after it are not asked and draw no random number. So with the latency before the fault, as
/// above, 5 % of all calls are slow and 10 % fail, among them some of the slow ones; the other way round only calls
/// that do not fail can be slow. Plans can hold plans.
public struct ChaosPlan: ChaosPolicy {
    /// The name, for people.
    public let name: String
    /// Whether the plan is carried out at all; its rate is 1 unless it is changed.
    public let chaosSwitch: ChaosSwitch
    /// The policies in the order in which they are asked.
    public let policies: [any ChaosPolicy]

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - name: The name, for people.
    ///   - isEnabled: Whether it is switched on.
    ///   - random: Decides, if the plan's rate is lowered, which calls it is for. Defaults to the system's generator.
    ///   - condition: Which calls the plan is for. Defaults to all.
    ///   - policies: The policies, in the order in which they are asked.
    /// - Throws: What building the policies throws.
    public init(
        _ name: String = "plan", isEnabled: Bool = true, random: RandomSource = .system,
        where condition: @escaping @Sendable (ChaosCall) -> Bool = { _ in true },
        @ChaosPlanBuilder _ policies: () throws -> [any ChaosPolicy]
    ) throws {
        self.name = name
        self.chaosSwitch = try ChaosSwitch(
            injectionRate: 1, isEnabled: isEnabled, random: random, where: condition)
        self.policies = try policies()
    }

    /// Asks the policies one after the other.
    public func inject<Result>(_ call: ChaosCall, as type: Result.Type) async throws -> ChaosInjection<Result> {
        guard chaosSwitch.strikes(call) else { return .none }
        for policy in policies {
            if case .outcome(let result) = try await policy.inject(call, as: type) { return .outcome(result) }
        }
        return .none
    }
}

/// Reads the policies of a ``ChaosPlan`` from a closure.
@resultBuilder
public enum ChaosPlanBuilder {
    /// One policy.
    public static func buildExpression(_ policy: some ChaosPolicy) -> [any ChaosPolicy] { [policy] }
    /// Several policies that were made elsewhere.
    public static func buildExpression(_ policies: [any ChaosPolicy]) -> [any ChaosPolicy] { policies }
    /// Policies in order.
    public static func buildBlock(_ parts: [any ChaosPolicy]...) -> [any ChaosPolicy] { parts.flatMap { $0 } }
    /// The policies of an `if`, if any.
    public static func buildOptional(_ part: [any ChaosPolicy]?) -> [any ChaosPolicy] { part ?? [] }
    /// The policies of the first branch.
    public static func buildEither(first part: [any ChaosPolicy]) -> [any ChaosPolicy] { part }
    /// The policies of the second branch.
    public static func buildEither(second part: [any ChaosPolicy]) -> [any ChaosPolicy] { part }
    /// The policies of a loop.
    public static func buildArray(_ parts: [[any ChaosPolicy]]) -> [any ChaosPolicy] { parts.flatMap { $0 } }
}
