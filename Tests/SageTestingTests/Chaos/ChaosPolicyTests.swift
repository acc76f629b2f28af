import SageResilience
import SageTesting
import Testing

private struct Fault: Error, Hashable {
    var key: String?
}

@Suite(.timeLimit(.minutes(1)))
struct ChaosPolicyTests {
    /// How often so many draws of a seed are below a rate, counted without the policies.
    private static func expected(_ calls: Int, seed: UInt64, rate: Double) -> Int {
        let random = RandomSource.seeded(seed)
        return (0..<calls).count { _ in random.unitInterval() < rate }
    }

    @Test(arguments: [(0.0, 0), (0.1, 98), (0.5, 525), (1.0, 1_000)])
    func strikesExactlyTheCallsThatTheSeedGives(rate: Double, injected: Int) async throws {
        let chaos = try ChaosFault(injectionRate: rate, random: .seeded(7)) { _ in Fault() }
        var failed = 0
        var made = 0
        for _ in 0..<1_000 {
            do {
                try await chaos.execute { made += 1 }
            } catch {
                #expect(error as? Fault == Fault())
                failed += 1
            }
        }
        #expect(failed == Self.expected(1_000, seed: 7, rate: rate))
        #expect(failed == injected)
        #expect(made == 1_000 - failed)
        #expect(chaos.counts.calls == 1_000)
        #expect(chaos.counts.eligible == 1_000)
        #expect(chaos.counts.injected == failed)
    }

    @Test func looksAtTheCallAndItsContext() async throws {
        let chaos = try ChaosFault(
            injectionRate: 1,
            where: { $0.operation == "chat" && $0.key == "openai" && $0.context.priority == .low }
        ) { Fault(key: $0.key) }
        #expect(try await chaos.execute("chat", key: "openai") { 1 } == 1)
        await CallContext.with(priority: .low) {
            await #expect(throws: Fault(key: "openai")) { try await chaos.execute("chat", key: "openai") { 1 } }
            await #expect(throws: Never.self) {
                try await chaos.execute("embed", key: "openai") {}
                try await chaos.execute("chat", key: "anthropic") {}
                try await chaos.execute {}
            }
        }
        #expect(chaos.counts.calls == 5)
        #expect(chaos.counts.eligible == 1)
    }

    @Test func callsThatAreNotEligibleDrawNoNumber() async throws {
        let random = RandomSource.scripted([0.9, 0])
        let chaos = try ChaosFault(injectionRate: 0.5, random: random, where: { $0.key == "a" }) { _ in Fault() }
        for key in ["b", "a", "b"] { try await chaos.execute(key: key) {} }
        await #expect(throws: Fault.self) { try await chaos.execute(key: "a") {} }
    }

    @Test func canBeSwitchedWhileCallsAreMade() async throws {
        let chaos = try ChaosFault(injectionRate: 1, isEnabled: false) { _ in Fault() }
        try await chaos.execute {}
        chaos.isEnabled = true
        await #expect(throws: Fault.self) { try await chaos.execute {} }
        try chaos.chaosSwitch.setInjectionRate(0)
        #expect(chaos.chaosSwitch.injectionRate == 0)
        try await chaos.execute {}
        try chaos.chaosSwitch.setInjectionRate(1)
        chaos.isEnabled = false
        try await chaos.execute {}
        #expect(chaos.counts.calls == 4)
        #expect(chaos.counts.eligible == 2)
        #expect(chaos.counts.injected == 1)
        chaos.chaosSwitch.resetCounts()
        #expect(chaos.counts.calls + chaos.counts.eligible + chaos.counts.injected == 0)
    }

    @Test func theDefaultRateIsOneInAThousand() throws {
        #expect(try ChaosFault { _ in Fault() }.chaosSwitch.injectionRate == 0.001)
        #expect(try ChaosLatency(.seconds(1)).chaosSwitch.injectionRate == 0.001)
        #expect(try ChaosLatency(.seconds(1)).name == "latency")
        #expect(try ChaosLatency("slow", .seconds(1)).name == "slow")
        #expect(try ChaosOutcome { _ in 1 }.chaosSwitch.injectionRate == 0.001)
        #expect(try ChaosBehavior { _ in }.chaosSwitch.injectionRate == 0.001)
    }

    @Test(arguments: [-0.1, 1.1, .nan, .infinity] as [Double])
    func refusesARateOutOfRange(rate: Double) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ChaosFault(injectionRate: rate) { _ in Fault() }
        }
        #expect(error?.field == "injectionRate")
        #expect(error?.value == "\(rate)")
        let chaos = try ChaosFault(injectionRate: 0.5) { _ in Fault() }
        #expect(throws: ConfigurationError.self) { try chaos.chaosSwitch.setInjectionRate(rate) }
        #expect(chaos.chaosSwitch.injectionRate == 0.5)
    }

    // MARK: The kinds

    @Test func aLatencyDelaysTheCallByTheInjectedClock() async throws {
        let clock = TestClock()
        let chaos = try ChaosLatency(.seconds(3), injectionRate: 1, clock: clock)
        let task = Task { try await chaos.execute { clock.now.offset } }
        await clock.waitForTimer(due: .seconds(3))
        clock.advance(by: .seconds(3))
        #expect(try await task.value == .seconds(3))
    }

    @Test func aLatencyMayDependOnTheCall() async throws {
        let clock = TestClock()
        let chaos = try ChaosLatency(injectionRate: 1, clock: clock) { $0.key == "far" ? .seconds(9) : .zero }
        #expect(try await chaos.execute(key: "near") { 1 } == 1)
        let task = Task { try await chaos.execute(key: "far") { 2 } }
        await clock.waitForTimer(due: .seconds(9))
        clock.advance(by: .seconds(9))
        #expect(try await task.value == 2)
    }

    @Test(arguments: [Duration(attoseconds: .max), .seconds(3)])
    func aCallThatIsCancelledWhileItIsDelayedIsNotMade(latency: Duration) async throws {
        let clock = TestClock()
        let chaos = try ChaosLatency(latency, injectionRate: 1, clock: clock)
        let task = Task { try await chaos.execute { Issue.record("the call was made") } }
        await clock.waitForSleepers(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(clock.pendingDeadlines.isEmpty)
    }

    @Test func anOutcomeReplacesTheResultOfItsTypeOnly() async throws {
        let chaos = try ChaosOutcome(injectionRate: 1) { call in "\(call.operation) is empty" }
        let text = try await chaos.execute("chat") {
            Issue.record("the call was made")
            return "answer"
        }
        #expect(text == "chat is empty")
        #expect(try await chaos.execute { 7 } == 7)
        #expect(chaos.counts.injected == 1)
    }

    @Test func anOutcomeMayBeNothing() async throws {
        let chaos = try ChaosOutcome(injectionRate: 1) { _ in Int?.none }
        let number: Int? = try await chaos.execute { 7 }
        #expect(number == nil)
    }

    @Test func aBehaviorRunsBeforeTheCall() async throws {
        let recorder = EventRecorder()
        let chaos = try ChaosBehavior(injectionRate: 1) { _ in
            recorder.receive(.init(policy: .init(.pipeline, "x"), sequence: 1, kind: .hedgeRefused))
        }
        let count = try await chaos.execute { recorder.events.count }
        #expect(count == 1)
    }

    @Test func aBehaviorThatThrowsReplacesTheCall() async throws {
        let chaos = try ChaosBehavior(injectionRate: 1) { _ in throw Fault(key: "behavior") }
        await #expect(throws: Fault(key: "behavior")) {
            try await chaos.execute { Issue.record("the call was made") }
        }
    }

    @Test func manyTasksShareOneSequence() async throws {
        let chaos = try ChaosFault(injectionRate: 0.5, random: .seeded(3)) { _ in Fault() }
        let failed = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var failed = 0
                    for _ in 0..<500 where (try? await chaos.execute { 1 }) == nil { failed += 1 }
                    return failed
                }
            }
            return await group.reduce(0, +)
        }
        #expect(failed == Self.expected(2_000, seed: 3, rate: 0.5))
        #expect(chaos.counts.injected == failed)
    }
}
