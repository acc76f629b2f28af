#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Whether the data directory can be written, and how much room there is.
struct DiskCheck: Sendable {
    /// From less than this on there is a warning.
    static let comfortable: UInt64 = 1 << 30
    /// From less than this on conversations are in danger.
    static let critical: UInt64 = 64 << 20

    let directory: String

    func run() -> CheckResult {
        let subject = "data directory"
        // The directory is made by the server; until then what it will be made in counts.
        guard let existing = existingAncestor() else {
            return CheckResult(
                subject, .failed, "\(directory) does not exist and cannot be made",
                remedy: "Choose another with --data-dir.")
        }
        var facts = statvfs()
        let isKnown = statvfs(existing, &facts) == 0
        // Before the rights: on such a file system nobody has them.
        if isKnown, facts.f_flag & UInt(ST_RDONLY) != 0 {
            return CheckResult(
                subject, .failed, "\(existing) is on a file system that is mounted read-only",
                remedy: "Mount it writable, or choose another with --data-dir.")
        }
        guard access(existing, W_OK | X_OK) == 0 else {
            return CheckResult(
                subject, .failed, "\(existing) cannot be written by this user",
                remedy: "chown it, or choose another with --data-dir.")
        }
        guard isKnown else {
            return CheckResult(subject, .warning, "how much room \(existing) has cannot be found out")
        }
        return Self.judge(subject, existing, free: UInt64(facts.f_bavail) * UInt64(facts.f_frsize))
    }

    /// What an amount of free room means.
    static func judge(_ subject: String, _ directory: String, free: UInt64) -> CheckResult {
        let room = "\(free >> 20) MiB are free"
        return switch free {
        case ..<critical:
            CheckResult(
                subject, .failed, "\(directory): only \(room)", remedy: "Make room: no conversation can be stored soon."
            )
        case ..<comfortable: CheckResult(subject, .warning, "\(directory): only \(room)", remedy: "Make room.")
        default: CheckResult(subject, .fine, "\(directory) can be written, \(room)")
        }
    }

    private func existingAncestor() -> String? {
        var path = directory
        while access(path, F_OK) != 0 {
            guard errno == ENOENT else { return nil }
            guard let slash = path.lastIndex(of: "/") else { return "." }
            path = String(path[..<slash])
            if path.isEmpty { return "/" }
        }
        return path
    }
}
