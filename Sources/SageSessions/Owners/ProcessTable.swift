#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Tells which processes of this host live; a test passes a table of its own.
public struct ProcessTable: Sendable {
    /// What is known about a process.
    @nonexhaustive
    public enum State: Sendable, Hashable {
        /// It lives, and began at this tick of the clock that counts from the boot; nil where the system does not tell.
        case running(started: Int64?)
        /// There is no such process, or it has ended and nobody has fetched its status yet.
        case gone
        /// The system does not say.
        case unknown
    }

    private let look: @Sendable (_ process: Int64) -> State

    /// Creates a table.
    ///
    /// - Parameter state: What is known about the process of a number; called from any thread.
    public init(_ state: @escaping @Sendable (_ process: Int64) -> State) { self.look = state }

    /// What is known about a process.
    ///
    /// - Parameter process: Its number.
    public func state(_ process: Int64) -> State { look(process) }

    /// The processes of this host.
    public static let system = ProcessTable { process in
        guard process > 0, process <= Int64(Int32.max) else { return .gone }
        if let stat = SystemFile.line("/proc/\(process)/stat") { return parse(stat) }
        // The file may be hidden from other users (`hidepid`), so its absence alone proves nothing.
        if kill(pid_t(process), 0) == 0 || errno == EPERM { return .running(started: nil) }
        return errno == ESRCH ? .gone : .unknown
    }

    /// Reads a line of `/proc/PID/stat`.
    ///
    /// The name of the program stands in parentheses and may itself hold any of the characters that separate fields, so
    /// the fields are counted from the last parenthesis.
    static func parse(_ stat: String) -> State {
        guard let end = stat.utf8.lastIndex(of: UInt8(ascii: ")")) else { return .unknown }
        let fields = stat.utf8[stat.utf8.index(after: end)...].split(separator: UInt8(ascii: " "))
        // The third field of the file is the state, the 22nd the tick at which the process began.
        guard fields.count > 19, let started = Int64(String(Substring(fields[19]))) else { return .unknown }
        return switch Substring(fields[0]) {
        case "Z", "X", "x": .gone
        default: .running(started: started)
        }
    }
}
