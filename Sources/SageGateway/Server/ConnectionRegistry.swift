import NIOCore
import Synchronization

/// Finds the monitor of a connection: the request handlers know the channel, the channel handler knows the monitor.
final class ConnectionRegistry: Sendable {
    private struct State {
        var isInterrupted = false
        var monitors: [ObjectIdentifier: ConnectionMonitor] = [:]
    }

    private let state = Mutex(State())

    /// The number of open connections.
    var count: Int { state.withLock { $0.monitors.count } }

    func add(_ channel: any Channel, _ monitor: ConnectionMonitor) {
        let isInterrupted = state.withLock { state in
            state.monitors[ObjectIdentifier(channel)] = monitor
            return state.isInterrupted
        }
        if isInterrupted { monitor.interrupt() }
    }

    func remove(_ channel: any Channel) {
        _ = state.withLock { $0.monitors.removeValue(forKey: ObjectIdentifier(channel)) }
    }

    /// The monitor of a connection; one that is closed already when the connection is gone.
    func monitor(of channel: any Channel) -> ConnectionMonitor {
        if let monitor = state.withLock({ $0.monitors[ObjectIdentifier(channel)] }) { return monitor }
        let gone = ConnectionMonitor()
        gone.close()
        return gone
    }

    /// Ends every request that is being worked on, and those that may still come.
    func interruptAll() {
        let monitors = state.withLock { state in
            state.isInterrupted = true
            return Array(state.monitors.values)
        }
        for monitor in monitors { monitor.interrupt() }
    }
}
