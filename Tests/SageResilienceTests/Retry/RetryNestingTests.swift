import SageTesting
import Testing

@testable import SageResilience

/// Retries within retries.
@Suite(.timeLimit(.minutes(1)))
struct RetryNestingTests {
    private let recorder = EventRecorder()
    private let calls = Locked(0)

    private func policy(_ name: String, _ maxAttempts: Int, retriesWhenNested: Bool = false) throws -> RetryPolicy {
        RetryPolicy(
            name,
            try RetryConfiguration(maxAttempts: maxAttempts, backoff: .none, retriesWhenNested: retriesWhenNested),
            clock: TestClock(), listener: recorder)
    }

    private func fail() throws {
        calls.update { $0 += 1 }
        throw ServiceError.transient
    }

    @Test("attempts add up instead of multiplying", arguments: [(1, 1), (1, 4), (4, 1), (3, 3), (5, 2), (2, 7)])
    func addUp(outer: Int, inner: Int) async throws {
        let (outside, inside) = (try policy("outside", outer), try policy("inside", inner))
        await #expect(throws: ServiceError.transient) {
            try await outside.execute { try await inside.execute { try fail() } }
        }
        #expect(calls.value == inner + outer - 1)
        let nested = recorder.events.filter { event in
            if case .retryStopped(1, .nested, _) = event.kind { event.policy.name == "inside" } else { false }
        }
        #expect(nested.count == outer - 1)
    }

    @Test func threeLevelsAddUpToo() async throws {
        let policies = [try policy("a", 3), try policy("b", 4), try policy("c", 5)]
        await #expect(throws: ServiceError.transient) {
            try await policies[0].execute {
                try await policies[1].execute { try await policies[2].execute { try fail() } }
            }
        }
        #expect(calls.value == 5 + (4 - 1) + (3 - 1))
    }

    @Test("unless told otherwise", arguments: [(3, 3), (2, 4)])
    func multiply(outer: Int, inner: Int) async throws {
        let outside = try policy("outside", outer)
        let inside = try policy("inside", inner, retriesWhenNested: true)
        await #expect(throws: ServiceError.transient) {
            try await outside.execute { try await inside.execute { try fail() } }
        }
        #expect(calls.value == outer * inner)
    }

    @Test func theAttemptIsKnownFurtherIn() async throws {
        let (outside, inside) = (try policy("outside", 3), try policy("inside", 2))
        let seen = Locked<[Int]>([])
        await #expect(throws: ServiceError.transient) {
            try await outside.execute {
                try await inside.execute {
                    seen.update { $0.append(CallContext.current.attempt) }
                    try fail()
                }
            }
        }
        // Outside 1 with inside 1 and 2, then outside 2 and 3.
        #expect(seen.value == [1, 2, 2, 3])
        #expect(CallContext.current.attempt == 1)
    }

    @Test func childTasksAreNestedAndDetachedOnesAreNot() async throws {
        let (outside, inside) = (try policy("outside", 2), try policy("inside", 4))
        let byTask = Locked<[String: Int]>([:])
        @Sendable func count(_ name: String) async {
            try? await inside.execute {
                byTask.update { $0[name, default: 0] += 1 }
                throw ServiceError.transient
            }
        }
        try? await outside.execute {
            guard CallContext.current.isRetrying else { throw ServiceError.transient }
            async let child: Void = count("child")
            await Task.detached { await count("detached") }.value
            await child
        }
        #expect(byTask.value == ["child": 1, "detached": 4])
    }

    @Test func aNestedRetryReportsWhatIsMoreToThePoint() async throws {
        let (outside, inside) = (try policy("outside", 2), try policy("inside", 4))
        for (error, reason) in [
            (ServiceError.permanent as any Error, RetryStopReason.permanent), (Refusal(), .rejected),
            (ServiceError(.rateLimited, hint: .doNotRetry), .serverSaysStop), (ServiceError.transient, .nested),
        ] {
            recorder.reset()
            try? await outside.execute {
                guard CallContext.current.isRetrying else { throw ServiceError.transient }
                try await inside.execute { throw error }
            }
            let reasons = recorder.events.compactMap { event -> RetryStopReason? in
                guard event.policy.name == "inside" else { return nil }
                if case .retryStopped(1, let reason, _) = event.kind { return reason } else { return nil }
            }
            #expect(reasons == [reason])
        }
    }

    @Test func aNestedRetryTakesNothingFromItsBudget() async throws {
        let budget = try RetryBudget(ratio: 0, floor: 0)
        let outside = try policy("outside", 2)
        let inside = RetryPolicy("inside", try RetryConfiguration(backoff: .none, budget: budget), clock: TestClock())
        try? await outside.execute {
            guard CallContext.current.isRetrying else { throw ServiceError.transient }
            try await inside.execute { try fail() }
        }
        #expect(calls.value == 1)
        #expect(budget.snapshot().refusedRetries == 0)
    }

    @Test func theRestOfTheContextStays() async throws {
        let budget = try RetryBudget()
        let policy = try policy("r", 2)
        let deadline = Deadline.after(.seconds(60), clock: TestClock())
        try await CallContext.with(priority: .high, deadline: deadline, retryBudget: budget) {
            try await policy.execute {
                let context = CallContext.current
                #expect(context.priority == .high)
                #expect(context.deadline != nil)
                #expect(context.retryBudget === budget)
                if !context.isRetrying { throw ServiceError.transient }
            }
        }
    }
}
