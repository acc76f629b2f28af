import SageResilience
import SageTesting
import Testing

private struct Fault: Error, Hashable {
    let status: Int
}

@Suite(.timeLimit(.minutes(1)))
struct ChaosPlanTests {
    @Test func strikesEachPolicyForItself() async throws {
        let plan = try ChaosPlan("drill", where: { $0.key == "openai" }) {
            try ChaosLatency("slow", .zero, injectionRate: 0.05, random: .seeded(1))
            try ChaosFault("503", injectionRate: 0.1, random: .seeded(2)) { _ in Fault(status: 503) }
        }
        var failed = 0
        for index in 0..<2_000 {
            let key = index.isMultiple(of: 2) ? "openai" : "anthropic"
            do {
                try await plan.execute("chat", key: key) {}
            } catch {
                #expect(key == "openai")
                failed += 1
            }
        }
        #expect(plan.counts.calls == 2_000)
        #expect(plan.counts.eligible == 1_000)
        let (slow, fault) = (plan.policies[0].counts, plan.policies[1].counts)
        #expect(slow.calls == 1_000)
        #expect(fault.calls == 1_000, "a delay does not end the plan")
        #expect(fault.injected == failed)
        #expect(slow.injected == 57)
        #expect(failed == 94)
    }

    @Test func theFirstThatReplacesTheCallEndsThePlan() async throws {
        let plan = try ChaosPlan {
            try ChaosFault(injectionRate: 1, where: { $0.operation == "fail" }) { _ in Fault(status: 500) }
            try ChaosOutcome(injectionRate: 1) { _ in 7 }
            try ChaosBehavior(injectionRate: 1) { _ in Issue.record("asked after the outcome") }
        }
        #expect(try await plan.execute { 1 } == 7)
        await #expect(throws: Fault(status: 500)) { try await plan.execute("fail") { 1 } }
        #expect(plan.policies.map(\.counts.calls) == [2, 1, 0])
    }

    @Test func plansHoldPlansAndCanBeSwitchedAsAWhole() async throws {
        let inner = try ChaosPlan("inner") {
            for status in [500, 502] {
                try ChaosFault("\(status)", injectionRate: 1, where: { $0.key == "\(status)" }) { _ in
                    Fault(status: status)
                }
            }
        }
        let isStrict = false
        let plan = try ChaosPlan("outer") {
            inner
            if isStrict { try ChaosFault(injectionRate: 1) { _ in Fault(status: 400) } }
        }
        for status in [500, 502] {
            await #expect(throws: Fault(status: status)) { try await plan.execute(key: "\(status)") {} }
        }
        try await plan.execute(key: "200") {}
        inner.isEnabled = false
        try await plan.execute(key: "500") {}
        inner.isEnabled = true
        plan.isEnabled = false
        try await plan.execute(key: "500") {}
        #expect(inner.counts.calls == 4)
    }

    @Test func anEmptyPlanDoesNothing() async throws {
        let plan = try ChaosPlan {}
        #expect(try await plan.execute { 1 } == 1)
    }

    @Test func drivesTheProductionPolicies() async throws {
        let clock = TestClock()
        let breaker = CircuitBreaker("openai", try .init(window: .calls(10), minimumCalls: 5), clock: clock)
        let plan = try ChaosPlan { try ChaosFault(injectionRate: 1) { _ in Fault(status: 503) } }
        for _ in 0..<5 {
            await #expect(throws: Fault.self) { try await breaker.execute { try await plan.execute("chat") {} } }
        }
        #expect(breaker.state == .open)
        plan.isEnabled = false
        clock.advance(by: .seconds(60))
        try await breaker.execute { try await plan.execute("chat") {} }
        #expect(breaker.state == .halfOpen)
    }
}
