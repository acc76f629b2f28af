import SageTesting
import Testing

@testable import SageResilience

struct SupervisorConfigurationTests {
    typealias Make = @Sendable () throws -> Void

    static let refused: [(field: String, value: String, make: Make)] = [
        ("maxRestarts", "-1", { _ = try RestartIntensity(maxRestarts: -1) }),
        ("maxRestarts", "10001", { _ = try RestartIntensity(maxRestarts: 10_001) }),
        ("maxRestarts", "\(Int.max)", { _ = try RestartIntensity(maxRestarts: .max) }),
        ("within", "0.0 seconds", { _ = try RestartIntensity(within: .zero) }),
        ("within", "-1.0 seconds", { _ = try RestartIntensity(within: .seconds(-1)) }),
        ("stableAfter", "-1.0 seconds", { _ = try SupervisionPolicy(stableAfter: .seconds(-1)) }),
        ("shutdownGrace", "-1.0 seconds", { _ = try Supervisor("s", shutdownGrace: .seconds(-1)) }),
        ("shutdownLimit", "-1.0 seconds", { _ = try Supervisor("s", shutdownLimit: .seconds(-1)) }),
        (
            "children", "a",
            {
                _ = try Supervisor("s") {
                    Child("a") {}
                    Child("a") {}
                }
            }
        ),
    ]

    @Test(arguments: refused.indices)
    func refusesByNameAndValue(index: Int) {
        let (field, value, make) = Self.refused[index]
        let error = #expect(throws: ConfigurationError.self) { try make() }
        #expect(error?.field == field)
        #expect(error?.value == value)
        #expect(error?.allowed.isEmpty == false)
    }

    @Test func theDefaultsAreThoseOfTheGuide() {
        let policy = SupervisionPolicy.default
        #expect(policy.intensity.maxRestarts == 3)
        #expect(policy.intensity.window == .seconds(60))
        #expect(policy.stableAfter == .seconds(60))
        #expect(policy.onExcess == .escalate)
        #expect(policy.backoff.delay(beforeRetry: 1, random: .constant(1)) <= .seconds(1))
        #expect(policy.backoff.delay(beforeRetry: 1, random: .constant(0)) == .milliseconds(500))
        #expect(policy.backoff.delay(beforeRetry: 100, random: .constant(0)) == .seconds(15))
        #expect(policy.backoff.maxDelay == .seconds(30))
    }

    @Test func enormousDurationsDoNotTrap() async throws {
        let huge = Duration(attoseconds: .max)
        let policy = try SupervisionPolicy(
            intensity: RestartIntensity(maxRestarts: 10_000, within: huge), backoff: .none, stableAfter: huge)
        let clock = TestClock()
        let (runs, stays) = (Locked(0), Gate())
        let supervisor = try Supervisor(
            "s", policy: policy, shutdownGrace: huge, shutdownLimit: huge, clock: clock
        ) {
            Child("a", restart: .transient) {
                clock.advance(by: .seconds(1_000_000_000))
                if runs.increment() < 20 { throw UnknownError() }
                stays.open()
                try await Gate().pass()
            }
        }
        let task = Task { try await supervisor.run() }
        try await stays.pass()
        supervisor.shutDown()
        supervisor.shutDown(grace: .seconds(-5))
        try await task.value
    }

    @Test func theBuilderTakesWhatSwiftHas() throws {
        let isOn = true
        let inner = try Supervisor("inner") { Child("x") {} }
        let supervisor = try Supervisor("s") {
            Child("a") {}
            if isOn { Child("b") {} }
            if !isOn { Child("never") {} }
            for number in 0..<2 { Child("c\(number)") { _ in } }
            if isOn { Child("d") {} } else { Child("e") {} }
            inner
        }
        #expect(supervisor.snapshot().children.map(\.name) == ["a", "b", "c0", "c1", "d", "inner"])
        #expect(supervisor.snapshot().children.allSatisfy { $0.state == .stopped })
    }

    @Test func anAnswerIsASentence() {
        #expect(SupervisionError.unknownChild("a").description == "there is no child named a")
        #expect(SupervisionError.duplicateChild("a").description == "there is a child named a already")
        #expect(SupervisionError.alreadyRunning(supervisor: "s").description == "s: runs already")
        #expect(SupervisionError.shuttingDown(supervisor: "s").description == "s: is shutting down")
    }
}
