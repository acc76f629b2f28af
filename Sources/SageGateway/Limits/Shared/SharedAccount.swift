import SageResilience
import SageStorage
import Synchronization

/// One limit a minute as all instances count it, in the store of shared state.
final class SharedAccount: Sendable {
    /// What is counted.
    enum Unit: Sendable, Hashable {
        case requests
        case tokens
    }

    /// Whose limit it is, for messages.
    let owner: String
    let unit: Unit
    /// Holds while the store is away; until then it notes what this instance has used.
    let limiter: RateLimiter
    /// How the store counts.
    let rule: RateRule

    private let emitter: EventEmitter?
    /// How many permits all instances together had left when the store was last asked; below zero before that.
    private let lastRemaining: Atomic<Int>
    private let refusals: Atomic<Int>

    /// - Parameters:
    ///   - owner: Whose limit it is.
    ///   - unit: What is counted.
    ///   - limiter: The limiter of this instance, whose name and rule are those of the account.
    ///   - listener: Hears of refusals and waits.
    /// - Throws: `ConfigurationError` for a limit that stores cannot count.
    init(
        _ owner: String, _ unit: Unit, _ limiter: RateLimiter, listener: (any ResilienceListener)?
    ) throws(ConfigurationError) {
        guard let rule = RateRule(limiter.configuration.algorithm), rule.capacity <= StateLimits.mostPermits else {
            throw ConfigurationError(
                field: limiter.name, value: "\(limiter.configuration.algorithm)",
                allowed: "up to \(StateLimits.mostPermits) a minute where storage.shared.sharedLimits is true")
        }
        let emitter = EventEmitter.make(PolicyIdentity(.rateLimiter, limiter.name), listener)
        self.owner = owner
        self.unit = unit
        self.limiter = limiter
        self.rule = rule
        self.emitter = emitter
        self.lastRemaining = Atomic(-1)
        self.refusals = Atomic(0)
    }

    /// The name of the account, the same in all instances.
    var name: String { limiter.name }

    /// How many permits all instances together had left when the store was last asked; nil before that.
    var remaining: Int? {
        let remaining = lastRemaining.load(ordering: .relaxed)
        return remaining < 0 ? nil : remaining
    }

    /// Requests that were refused because all instances together have used up the limit.
    var rejected: Int { refusals.load(ordering: .relaxed) }

    func noteRemaining(_ permits: Int) { lastRemaining.store(max(0, permits), ordering: .relaxed) }

    /// A request gives up because of this limit.
    func noteRefusal(_ reason: RejectionReason, _ permits: Int) {
        refusals.wrappingAdd(1, ordering: .relaxed)
        emitter?.emit(.rateLimiterRejected(reason, permits: permits))
    }

    /// A request has waited for this limit, and goes on.
    func noteWait(_ wait: Duration, _ permits: Int) {
        emitter?.emit(.rateLimiterWaited(wait, permits: permits))
    }
}

/// What one request takes of an account.
struct SharedShare: Sendable {
    let account: SharedAccount
    let permits: Int

    var demand: RateDemand { RateDemand(account.name, account.rule, permits: permits) }
}
