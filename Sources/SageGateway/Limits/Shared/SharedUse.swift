import SageResilience
import SageStorage

/// What the store has still to be told of the use of permits, as a value.
///
/// It is bounded: of corrections beyond ``mostCorrections`` the oldest are forgotten, so that the store goes by the
/// estimate; of the permits that this instance has granted itself there is one number for each account.
struct SharedUse: Sendable {
    /// Corrections of one request that was granted by the store.
    struct Settlement: Sendable, Hashable {
        let corrections: [RateCorrection]
        let takenAt: StoreInstant
    }

    /// Corrections that wait at most.
    static let mostCorrections = 10_000

    /// Counts the absences of the store whose permits have been told.
    private(set) var absence = 0
    private var settlements: [Settlement] = []
    private var next = 0
    private var granted: [String: (account: SharedAccount, permits: Int)] = [:]

    /// Whether there is nothing to tell.
    var isEmpty: Bool { waiting == 0 && granted.isEmpty }

    private var waiting: Int { settlements.count - next }

    /// A request that the store has granted has used something else than it had reserved.
    mutating func add(_ settlement: Settlement) {
        if waiting >= Self.mostCorrections { next += 1 }
        if next > 1_000, next * 2 > settlements.count {
            settlements.removeFirst(next)
            next = 0
        }
        settlements.append(settlement)
    }

    /// The oldest settlement, which is no longer here afterwards.
    mutating func takeSettlement() -> Settlement? {
        guard waiting > 0 else {
            settlements.removeAll(keepingCapacity: true)
            next = 0
            return nil
        }
        defer { next += 1 }
        return settlements[next]
    }

    /// This instance has granted permits while the store was away, or corrects what it has granted.
    mutating func grant(_ permits: Int, of account: SharedAccount) {
        let before = granted[account.name]?.permits ?? 0
        let (sum, overflow) = before.addingReportingOverflow(permits)
        granted[account.name] = (account, max(0, overflow ? .max : sum))
    }

    /// What was granted during the absence that ends with this, as far as it still counts.
    ///
    /// What has left the window, or has come back into the bucket since, no longer does: no more than the limiter of
    /// this instance knows to be used.
    mutating func endAbsence() -> [RateCorrection] {
        guard !granted.isEmpty else { return [] }
        absence += 1
        defer { granted = [:] }
        return granted.values.sorted { $0.account.name < $1.account.name }.compactMap { account, permits in
            let snapshot = account.limiter.snapshot()
            let used = min(permits, snapshot.capacity - snapshot.availablePermits + snapshot.debt)
            return used > 0 ? RateCorrection(account.name, account.rule, reserved: 0, actual: used) : nil
        }
    }
}
