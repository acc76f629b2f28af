/// Where the instances of a program share what their circuit breakers and rate limiters know.
///
/// What a store says about breakers is advice: each instance decides by itself, and goes on by itself when the store is
/// away (``SharedBreakers``). What it says about limits is exact: ``take(_:)`` happens in one step for all instances.
///
/// All operations of all instances on one store take place one after the other, at the time of the store's clock
/// (``StoreInstant``); instances' own clocks are never compared. When the store's clock goes back, time stands still for
/// what the store holds: all instants in a record (a report, the probes of a breaker, an account) are moved back by as
/// much as the record's last change lies in the future. When the clock leaps forward, time has passed.
///
/// Names of breakers, instances and accounts are any strings up to ``StateLimits/longestName`` bytes of UTF-8, told
/// apart by their bytes. What is out of bounds is refused with ``StorageError/Problem/value``, and nothing is done.
///
/// Thread-safe. Every operation ends in bounded time, and throws ``StorageError`` or the rejection of a policy.
public protocol StateStore: Sendable {
    /// The name that metrics, events and errors carry.
    var name: String { get }

    /// Asks whether the store answers.
    ///
    /// - Returns: The store's time.
    func ping() async throws -> StoreInstant

    /// Registers the start of an instance.
    ///
    /// - Parameters:
    ///   - instance: The instance's name, the same after each of its starts.
    ///   - epoch: The result is greater than this. Defaults to 0.
    /// - Returns: A number greater than all that were returned for this name before, as long as the store remembers
    ///   them, and than those of the reports it holds.
    func join(_ instance: String, after epoch: Int64) async throws -> Int64

    /// Leaves reports for the other instances, and for the next start of this one.
    ///
    /// A report takes the place of the same instance's earlier one on the same breaker. One with a smaller
    /// (``BreakerStatus/epoch``, ``BreakerStatus/sequence``) than the present one, or the same, is ignored.
    ///
    /// - Parameters:
    ///   - statuses: What to report, up to ``StateLimits/mostStatuses``.
    ///   - instance: Who reports.
    /// - Returns: How many were not ignored.
    @discardableResult
    func publish(_ statuses: [BreakerStatus], by instance: String) async throws -> Int

    /// What all instances have reported and not let expire, and how their probes went.
    func view() async throws -> SharedView

    /// Asks for the right to send one probe to a service whose breaker is half-open.
    ///
    /// In this order:
    /// - The leases that have run out are forgotten.
    /// - Before ``ProbeRound/blockedUntil`` it is refused.
    /// - When the last round was decided, or nothing was leased or ended in it for the time of
    ///   ``ProbeTerms/duration``, a new round begins without results; its number is one greater, and
    ///   ``ProbeRound/recoveredAt`` stays.
    /// - When as many leases are out as ``ProbeTerms/limit``, or leases and results together are as many as
    ///   ``ProbeTerms/total``, it is refused, and ``ProbeRound/refusedAt`` is set to the present.
    /// - Otherwise there is a lease with a token greater than all before on this breaker: the greater one of the last
    ///   token and one and the store's time in microseconds.
    ///
    /// - Parameters:
    ///   - breaker: The breaker's name.
    ///   - holder: The name of the instance.
    ///   - terms: How many may be out, and for how long.
    func leaseProbe(of breaker: String, holder: String, terms: ProbeTerms) async throws -> ProbeAnswer

    /// Gives a lease back with what the probe found.
    ///
    /// A lease that has run out, was ended already or is unknown changes nothing (``ProbeEnding/fenced``). Otherwise
    /// the result is counted, and the round may be decided by it:
    /// - *failed* when the failures are as many as ``ProbeTerms/failureLimit``, or the result is
    ///   ``ProbeResult/reopened(pause:)``; ``ProbeRound/blockedUntil`` is then the present plus the pause.
    /// - else *recovered* when there are as many successes as ``ProbeTerms/successesToClose``; or, where that is nil,
    ///   when all results that are still to come up to ``ProbeTerms/total`` could not make it fail any more.
    ///
    /// The results of a decided round change nothing more, and those of an earlier round's leases do not count.
    ///
    /// - Parameters:
    ///   - lease: The lease.
    ///   - result: What the probe found.
    ///   - terms: By which terms the round is judged.
    func endProbe(_ lease: ProbeLease, _ result: ProbeResult, terms: ProbeTerms) async throws -> ProbeEnding

    /// Takes permits from several accounts at once: all of them or none.
    ///
    /// An account begins with all its permits at the first demand, and is kept until it has them again. Its rule is
    /// what the last demand said; when the kind of rule changes it begins anew.
    ///
    /// - Parameter demands: What to take, up to ``StateLimits/mostDemands``, each from another account.
    func take(_ demands: [RateDemand]) async throws -> RateDecision

    /// Corrects what was taken to what was used.
    ///
    /// What was not used is given back, unless it has come back by itself since; what was used beyond is taken although
    /// it may not be there, down to minus one capacity. (`Reservation`)
    ///
    /// - Parameters:
    ///   - corrections: What was taken and what was used.
    ///   - takenAt: When it was taken (``RateGrant/takenAt``).
    func settle(_ corrections: [RateCorrection], takenAt: StoreInstant) async throws
}

extension StateStore {
    /// ``join(_:after:)`` after no other.
    public func join(_ instance: String) async throws -> Int64 { try await join(instance, after: 0) }
}
