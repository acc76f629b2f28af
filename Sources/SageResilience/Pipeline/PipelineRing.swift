/// A retry with the gates around and inside it, or gates alone: what a pipeline runs without closures in closures.
///
/// The gates outside the retry are admitted once for the call, those inside it once for each attempt. They are one
/// flat list: admitted in order, the operation run, recorded in reverse. A pipeline without nested retries and without
/// policies that need a child task is a single ring.
@usableFromInline
final class PipelineRing: Sendable {
    let gates: [any PipelineGate]
    /// How many of the gates stand outside the retry; all of them when there is none.
    let outerCount: Int
    let retry: RetryPolicy?
    /// The same gates, for calls that neither wait nor fail.
    let chain: GateChain?
    let budget: RetryBudget?
    let measuresTotalTime: Bool
    /// Whether a time limit of the same pipeline stands around the ring.
    let isTimeLimited: Bool

    init(
        outer: [any PipelineGate], retry: RetryPolicy? = nil, inner: [any PipelineGate] = [],
        isTimeLimited: Bool = false
    ) {
        self.gates = outer + inner
        self.outerCount = outer.count
        self.retry = retry
        self.chain = gates.reversed().reduce(nil) { GateChain($1, next: $0) }
        self.budget = retry?.configuration.budget
        self.isTimeLimited = isTimeLimited
        self.measuresTotalTime = retry?.measuresTotalTime == true
    }

    /// Runs an operation through the gates, and again as the retry decides.
    @inlinable
    func run<Result>(_ operation: () async throws -> Result) async throws -> Result {
        var call = PipelineCall()
        let result = try await attempt(&call, operation)
        call.succeed(self)
        return result
    }

    /// Runs an operation through the gates, and again as the retry decides, and leaves its end to the caller.
    ///
    /// The generic part is inlined where it is called and does nothing itself: a generic function that is not
    /// specialised costs several times as much as all that the policies do.
    @inlinable
    @inline(__always)
    func attempt<Result>(
        _ call: inout PipelineCall, _ operation: () async throws -> Result
    ) async throws -> Result {
        do {
            if try !call.start(self) { try await call.admitWaiting(self) }
            return try await operation()
        } catch {
            try await call.recover(self, from: error)
        }
        while true {
            do {
                if try !call.admit(self) { try await call.admitWaiting(self) }
                return try await CallContext.$current.withValue(call.context) { try await operation() }
            } catch {
                try await call.recover(self, from: error)
            }
        }
    }
}
