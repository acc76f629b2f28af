/// A policy that makes calls go wrong on purpose, to find out how the program bears it.
///
/// Used around a call like any other policy, as the innermost one, so that all others have to deal with it:
///
/// ```swift
/// let chaos = try ChaosFault(injectionRate: 0.1) { _ in ProviderError(status: 503) }
/// let reply = try await pipeline.execute {
///     try await chaos.execute("chat", key: "openai") { try await client.chat(request) }
/// }
/// ```
///
/// The kinds and their names are those of Polly: ``ChaosFault``, ``ChaosLatency``, ``ChaosOutcome`` and
/// ``ChaosBehavior``; a ``ChaosPlan`` is several in order. All are switched and counted by their ``chaosSwitch``.
public protocol ChaosPolicy: Sendable {
    /// The name, for people.
    var name: String { get }
    /// When the policy strikes; may be changed while calls are made.
    var chaosSwitch: ChaosSwitch { get }

    /// Does to a call what this policy does, if it strikes.
    ///
    /// - Parameters:
    ///   - call: The call.
    ///   - type: What the call returns.
    /// - Returns: The result to use instead of making the call, or nothing.
    /// - Throws: The error to throw instead of making the call.
    func inject<Result>(_ call: ChaosCall, as type: Result.Type) async throws -> ChaosInjection<Result>
}

extension ChaosPolicy {
    /// Makes a call, unless the policy strikes and replaces it.
    ///
    /// - Parameters:
    ///   - operation: What is called, for the policy's condition. Defaults to nothing.
    ///   - key: Whom it is called for or at, for the policy's condition. Defaults to nobody.
    ///   - body: The call. Runs on the caller's executor, at most once.
    /// - Returns: What the call or the policy returns.
    /// - Throws: What the call or the policy throws.
    public func execute<Result>(
        _ operation: String = "", key: String? = nil, _ body: () async throws -> Result
    ) async throws -> Result {
        switch try await inject(ChaosCall(operation, key: key), as: Result.self) {
        case .none: try await body()
        case .outcome(let result): result
        }
    }

    /// Whether the policy may strike.
    public var isEnabled: Bool {
        get { chaosSwitch.isEnabled }
        nonmutating set { chaosSwitch.isEnabled = newValue }
    }

    /// How often the policy was asked, and how often it struck.
    public var counts: ChaosCounts { chaosSwitch.counts }
}
