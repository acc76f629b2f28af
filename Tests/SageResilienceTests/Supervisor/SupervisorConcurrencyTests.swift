import SageTesting
import Synchronization
import Testing

@testable import SageResilience

/// Many tasks at once, for the thread sanitizer as much as for the counts.
@Suite(.timeLimit(.minutes(2)))
struct SupervisorConcurrencyTests {
    @Test("never two instances of one child, and none after the run", arguments: Supervisor.Strategy.allCases)
    func conservation(strategy: Supervisor.Strategy) async throws {
        let alive = Locked([String: Int]())
        let violations = Locked<[String]>([])
        let rounds = Locked(0)
        func child(_ name: String, failsEvery: Int) -> Child {
            Child(name) {
                let count = alive.update { alive in
                    alive[name, default: 0] += 1
                    return alive[name, default: 0]
                }
                if count != 1 { violations.update { $0.append(name) } }
                defer { alive.update { $0[name, default: 0] -= 1 } }
                let round = rounds.increment()
                if round % failsEvery == 0 { throw UnknownError(number: round) }
                try await Gate().pass()
            }
        }
        let policy = try SupervisionPolicy(
            intensity: RestartIntensity(maxRestarts: 10_000, within: .seconds(3_600)), backoff: .none)
        let recorder = EventRecorder()
        let supervisor = try Supervisor(
            "s", strategy: strategy, policy: policy, returnsWhenIdle: false, listener: recorder
        ) {
            for number in 0..<5 { child("\(number)", failsEvery: 2) }
        }
        let task = Task { try await supervisor.run() }
        try await recorder.childStarted("0")
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<50 {
                        let name = "\((worker + round) % 5)"
                        switch round % 4 {
                        case 0: try? await supervisor.stop(name)
                        case 1: try? supervisor.start(name)
                        case 2: try? supervisor.add(Child("w\(worker)-\(round)", restart: .temporary) {})
                        default: _ = supervisor.snapshot()
                        }
                    }
                }
            }
        }
        supervisor.shutDown(grace: .zero)
        try await task.value
        #expect(violations.value.isEmpty)
        #expect(alive.value.values.allSatisfy { $0 == 0 })
        #expect(supervisor.snapshot().children.allSatisfy { $0.uptime == nil })
        #expect(supervisor.core.withLock { $0.runs.isEmpty })
    }

    @Test func aSignalReachesEveryoneWhoWaits() async throws {
        let signal = StopSignal<Int>()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await signal.wait() } }
            group.addTask {
                signal.send(1)
                signal.send(2)
                return 0
            }
            return try await group.reduce(0, +)
        }
        #expect(sum == 100)
        #expect(signal.message == 1)
        let cancelled = Task { try await StopSignal<Int>().wait() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
    }
}
