extension TimeBound {
    /// Runs an operation in a child task and returns when it has ended, however the race went.
    func run<Value: Sendable>(
        on timeline: Timeline, _ operation: @escaping @Sendable () async throws -> Value
    ) async -> TimedOutcome<Value> {
        let race = makeRace()
        return await withTaskGroup(of: TimedOutcome<Value>?.self) { group in
            group.addTask {
                // The claim is made by the child that finished, not by whoever reads the group later: the order of
                // arrival decides.
                let result = await race.result(in: context, of: operation)
                return race.claim(for: .operation) ? .finished(result) : nil
            }
            group.addTask {
                // An operation that is quick has often ended before this begins.
                guard !race.isDecided else { return nil }
                // A cancelled wait means that the operation has ended or the caller was cancelled: no verdict.
                guard (try? await timeline.sleep(until: moment)) != nil else { return nil }
                return race.claim(for: .limit) ? .limitExceeded : nil
            }
            while let outcome = await group.next() {
                guard let outcome else { continue }
                group.cancelAll()
                return outcome
            }
            preconditionFailure("Internal inconsistency: neither the operation nor the limit claimed the race")
        }
    }
}

extension TimeLimitRace {
    /// Runs an operation inside this race.
    func result<Value>(
        in context: CallContext, of operation: @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        do {
            let value = try await CallContext.$current.withValue(context) {
                try await TimeLimitRace.$current.withValue(self, operation: operation)
            }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }
}
