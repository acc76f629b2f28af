/// Something whose cost is measured: a loop over calls that cost nothing but what guards them.
public struct EngineCase: Sendable {
    /// Makes this many calls, one after the other.
    ///
    /// May be run on several threads at once.
    public typealias Run = @Sendable (_ calls: Int) async throws -> Void

    /// What is measured.
    public let name: String
    /// The cost over the bare call that is aimed at, in nanoseconds; nil where none is.
    public let target: Double?
    /// Whether the calls do not suspend, so that nothing is subtracted from their cost.
    public let isSynchronous: Bool
    /// Sets up one instance and returns the loop over it.
    public let prepare: @Sendable () throws -> Run

    init(
        _ name: String, target: Double? = nil, isSynchronous: Bool = false,
        _ prepare: @escaping @Sendable () throws -> Run
    ) {
        self.name = name
        self.target = target
        self.isSynchronous = isSynchronous
        self.prepare = prepare
    }

    /// The unguarded call first, then everything that is measured against it.
    public static let all: [EngineCase] = [bare] + references + breakers + limiters + others + pipelines + decorators

    /// The call without anything around it.
    public static let bare = EngineCase("bare call") {
        { calls in for _ in 0..<calls { consume(try await operation()) } }
    }
}

extension EngineCase {
    /// What no policy can do without: the shell around the operation, and the clock where time is looked at.
    static let references: [EngineCase] = [
        EngineCase("reference: a generic function around the call") {
            { calls in for _ in 0..<calls { consume(try await around(operation)) } }
        },
        EngineCase("reference: ContinuousClock.now", isSynchronous: true) {
            { calls in for _ in 0..<calls { consume(ContinuousClock.now) } }
        },
    ]
}

@inline(never)
private func around<Result>(_ operation: () async throws -> Result) async throws -> Result {
    try await operation()
}

/// The guarded operation.
@inline(never)
func operation() async throws -> Int { 1 }

/// Keeps the optimiser from removing what nobody uses.
@inline(never)
func consume<Value>(_ value: Value) {}
