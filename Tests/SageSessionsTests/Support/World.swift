import SageSessions
import Synchronization

/// Time and processes that tests move by hand, shared by all stores of a test.
final class World: Sendable {
    private struct State {
        var wall: Int64 = 1_700_000_000_000
        var uptime: Int64 = 1_000_000
        var processes: [Int64: Int64] = [:]
        var identifiers = 0
    }

    private let state = Mutex(State())

    var now: Int64 { state.withLock { $0.wall } }

    /// Lets time pass.
    func advance(_ time: Duration) {
        let milliseconds = time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
        state.withLock { state in
            state.wall += milliseconds
            state.uptime += milliseconds
        }
    }

    /// Sets the wall clock without any time passing.
    func step(_ milliseconds: Int64) { state.withLock { $0.wall += milliseconds } }

    func start(_ process: Int64, at tick: Int64) { state.withLock { $0.processes[process] = tick } }
    func kill(_ process: Int64) { state.withLock { $0.processes[process] = nil } }

    var processes: ProcessTable {
        ProcessTable { [self] process in
            state.withLock { state in state.processes[process].map { .running(started: $0) } ?? .gone }
        }
    }

    func identifier() -> String {
        state.withLock { state in
            state.identifiers += 1
            return "id\(state.identifiers)"
        }
    }

    /// The environment of a process, which is started by this.
    func environment(
        process: Int64 = 1, host: String = "here", boot: String = "first",
        clock: any Clock<Duration> = ContinuousClock()
    ) -> StoreEnvironment {
        let started = state.withLock { state in
            state.processes[process, default: 0] += process * 10 + 1
            return state.processes[process] ?? 0
        }
        return StoreEnvironment(
            identity: HostIdentity(host: host, boot: boot, process: process, started: started), processes: processes,
            wallTime: { [self] in now }, uptime: { [self] in state.withLock { $0.uptime } },
            identifiers: { [self] in identifier() }, clock: clock, leaseClock: .local)
    }
}
