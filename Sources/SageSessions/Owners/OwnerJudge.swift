/// Decides whether an owner lives; a pure value, so that every case is a line in a table of tests.
struct OwnerJudge: Sendable {
    /// Why an owner counts as dead.
    enum Death: String, Sendable, Hashable {
        /// Its host was started again since.
        case rebooted
        /// Its process is gone.
        case processGone = "process_gone"
        /// Another process has its number.
        case processReplaced = "process_replaced"
        /// It has not said for longer than the lease that it lives.
        case leaseExpired = "lease_expired"
    }

    /// The process that asks.
    var own: HostIdentity
    /// How long an owner may be silent, in milliseconds.
    var lease: Int64
    /// Milliseconds since 1970, of the clock by which heartbeats are written.
    var now: Int64
    /// Milliseconds since this host's boot.
    var uptime: Int64
    /// The processes of this host.
    var processes: ProcessTable

    /// Why the owner counts as dead; nil when it lives.
    func death(of owner: OwnerRecord) -> Death? {
        let isHere = owner.identity.host == own.host && !own.boot.isEmpty && !owner.identity.boot.isEmpty
        guard isHere, owner.identity.boot == own.boot else {
            // Another boot of this host is over, if its owner has not spoken since this one began. One that has is a
            // process of another machine that calls itself the same, as copies of one image do.
            if isHere, owner.heartbeat < now.subtractingReportingOverflow(uptime).partialValue { return .rebooted }
            // A heartbeat far ahead of the present was written before the clock was set back; a living owner would have
            // written a newer one since.
            return distance(now, owner.heartbeat) > UInt64(max(0, lease)) ? .leaseExpired : nil
        }
        switch processes.state(owner.identity.process) {
        case .gone: return .processGone
        case .running(let started?) where owner.identity.started != 0 && started != owner.identity.started:
            return .processReplaced
        default:
            // On one host and boot the time since the boot is the same for all, whatever happens to the wall clock.
            return distance(uptime, owner.uptime) > UInt64(max(0, lease)) ? .leaseExpired : nil
        }
    }

    private func distance(_ first: Int64, _ second: Int64) -> UInt64 {
        first > second ? UInt64(bitPattern: first &- second) : UInt64(bitPattern: second &- first)
    }
}
