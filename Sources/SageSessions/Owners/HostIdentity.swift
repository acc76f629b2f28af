#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Which process on which host a store runs in, so that others can tell whether it still lives.
///
/// A process number alone says little: numbers are given out again, every container has a process 1, and after a
/// reboot all of them start anew. So it counts together with the host, its process-number space, its boot and the
/// moment at which the process began.
///
/// A custom identity is for tests; ``current`` is right everywhere else.
public struct HostIdentity: Sendable, Hashable {
    /// The machine and the space in which its process numbers count: machine id, host name and PID namespace.
    public var host: String
    /// The boot of the machine; empty where the system does not tell, and then only heartbeats count.
    public var boot: String
    /// The number of the process.
    public var process: Int64
    /// When the process began, in the clock ticks that the system counts from its boot; 0 where it does not tell.
    public var started: Int64

    /// Creates an identity.
    ///
    /// - Parameters:
    ///   - host: The machine and the space in which its process numbers count.
    ///   - boot: The boot of the machine; empty for unknown.
    ///   - process: The number of the process.
    ///   - started: When it began; 0 for unknown.
    public init(host: String, boot: String, process: Int64, started: Int64) {
        self.host = host
        self.boot = boot
        self.process = process
        self.started = started
    }

    /// This process.
    public static var current: HostIdentity {
        let process = Int64(getpid())
        let machine = SystemFile.line("/etc/machine-id") ?? ""
        let space = SystemFile.link("/proc/self/ns/pid") ?? ""
        var started: Int64 = 0
        if case .running(let tick) = ProcessTable.system.state(process) { started = tick ?? 0 }
        return HostIdentity(
            host: "\(machine)/\(SystemFile.hostName)/\(space)",
            boot: SystemFile.line("/proc/sys/kernel/random/boot_id") ?? "", process: process, started: started)
    }
}
