import SageResilience
import SageTesting
import Synchronization
import WeatherClient

/// A service that fails with these statuses, one a call, and then answers.
final class ScriptedService: WeatherService {
    private let statuses: Mutex<[Int]>
    private let count = Mutex(0)

    init(failures statuses: [Int] = []) {
        self.statuses = Mutex(statuses)
    }

    /// The calls that arrived.
    var calls: Int { count.withLock { $0 } }

    func temperature(in city: String) async throws -> Double {
        count.withLock { $0 += 1 }
        let status = statuses.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        if let status { throw WeatherError(status: status) }
        return 17.5
    }
}

/// A service that chaos policies make worse.
struct ChaoticService: WeatherService {
    let chaos: any ChaosPolicy
    let service = ScriptedService()

    func temperature(in city: String) async throws -> Double {
        try await chaos.execute("temperature", key: city) { try await service.temperature(in: city) }
    }
}

extension EventRecorder {
    /// The waits before retries, in order.
    var retryDelays: [Duration] {
        kinds.compactMap { if case .retryScheduled(_, let delay, _) = $0 { delay } else { nil } }
    }

    /// The states that the breaker went through, in order.
    var breakerStates: [CircuitBreaker.State] {
        kinds.compactMap { if case .circuitBreakerTransition(_, let state, _) = $0 { state } else { nil } }
    }
}

/// Runs calls, one after the other, and moves the clock to the end of each wait of a retry as soon as it has begun.
///
/// While a call is under way two timers run at most: its time limit, which is never due first here, and the wait.
func skippingWaits<Result: Sendable>(
    on clock: TestClock, _ calls: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup { group in
        group.addTask {
            while !Task.isCancelled {
                await clock.waitForSleepers(2)
                if clock.pendingDeadlines.count == 2, let next = clock.pendingDeadlines.first {
                    clock.advance(to: next)
                }
            }
        }
        defer { group.cancelAll() }
        return try await calls()
    }
}
