/// Compares the clock of this machine with those of others.
enum ClockCheck {
    /// From this many seconds on a difference is worth a warning: leases and limits that are shared then go wrong.
    static let tolerance: Int64 = 5

    /// - Parameters:
    ///   - times: What others say the time is, in seconds since 1970, with their names.
    ///   - now: What this machine says.
    static func result(_ times: [(name: String, seconds: Int64)], now: Int64) -> CheckResult {
        let subject = "clock"
        guard let worst = times.max(by: { ($0.seconds - now).magnitude < ($1.seconds - now).magnitude }) else {
            return CheckResult(subject, .skipped, "nothing to compare it with")
        }
        let difference = now - worst.seconds
        guard difference.magnitude > tolerance else {
            return CheckResult(subject, .fine, "agrees with \(times.map(\.name).joined(separator: ", "))")
        }
        return CheckResult(
            subject, .warning,
            "is \(difference.magnitude) s \(difference > 0 ? "ahead of" : "behind") \(worst.name)",
            remedy: "Let the machine set its clock by the network: timedatectl set-ntp true")
    }
}
