/// The rings of a pipeline's part that runs in one task, outermost first.
@usableFromInline
struct RingList: Sendable {
    @usableFromInline let first: PipelineRing
    /// There when retries are nested.
    @usableFromInline let others: [PipelineRing]

    /// Runs an operation through all rings.
    @inlinable
    func run<Result>(_ operation: () async throws -> Result) async throws -> Result {
        if others.isEmpty { return try await first.run(operation) }
        return try await first.run { try await runOthers(from: 0, operation) }
    }

    @usableFromInline
    func runOthers<Result>(from index: Int, _ operation: () async throws -> Result) async throws -> Result {
        guard index < others.count else { return try await operation() }
        return try await others[index].run { try await runOthers(from: index + 1, operation) }
    }

    /// Runs an operation through all rings without ending the call.
    ///
    /// - Parameter calls: Receives what the rings hold, outermost first.
    func hold<Result>(
        from index: Int = 0, _ calls: inout [HeldCall], _ operation: () async throws -> Result
    ) async throws -> Result {
        let ring = index == 0 ? first : others[index - 1]
        var call = PipelineCall()
        let result = try await ring.attempt(&call) {
            if index == others.count { return try await operation() }
            return try await hold(from: index + 1, &calls, operation)
        }
        calls.insert(HeldCall(ring: ring, call: call), at: 0)
        return result
    }
}

extension RingList {
    /// Sorts policies into rings.
    struct Builder {
        let isTimeLimited: Bool
        private var finished: [PipelineRing] = []
        private var outer: [any PipelineGate] = []
        private var retry: RetryPolicy?
        private var inner: [any PipelineGate] = []

        init(isTimeLimited: Bool) {
            self.isTimeLimited = isTimeLimited
        }

        mutating func append(_ gate: any PipelineGate) {
            if retry == nil { outer.append(gate) } else { inner.append(gate) }
        }

        mutating func append(_ policy: RetryPolicy) {
            if retry != nil { close() }
            retry = policy
        }

        mutating func finish() -> RingList {
            close()
            return RingList(first: finished[0], others: Array(finished.dropFirst()))
        }

        private mutating func close() {
            finished.append(PipelineRing(outer: outer, retry: retry, inner: inner, isTimeLimited: isTimeLimited))
            (outer, retry, inner) = ([], nil, [])
        }
    }
}
