import SageLLM
import SageResilience
import Synchronization

/// A provider's own account of what it grants, shared by all calls to one target.
///
/// Free until the provider has told something for the first time.
final class SharedAllowance: Sendable {
    private let isTold = Atomic<Bool>(false)
    private let state = Mutex(ProviderAllowance())
    private let longest: Int64

    /// - Parameter longest: The longest time for which one answer is believed.
    init(longest: Duration) {
        self.longest = longest.saturatingNanoseconds
    }

    /// Whether the provider has told anything.
    var isActive: Bool { isTold.load(ordering: .relaxed) }

    /// Counts a call; nil while there is nothing to count.
    func admit(_ estimate: Int, now: Moment) -> ProviderAllowance.Admission {
        state.withLock { $0.admit(estimate, now: now) }
    }

    func blockedUntil(_ estimate: Int, now: Moment) -> Moment? {
        guard isActive else { return nil }
        return state.withLock { $0.blockedUntil(estimate, now: now) }
    }

    /// Whether the provider grants nothing for now.
    func isBlocking(now: Moment) -> Bool { blockedUntil(0, now: now) != nil }

    func giveBack(_ mark: ProviderAllowance.Mark) {
        state.withLock { $0.giveBack(mark) }
    }

    func learn(_ headers: RateHeaders, about mark: ProviderAllowance.Mark?, now: Moment) {
        guard headers.requests != nil || headers.scarcestTokens != nil else { return }
        state.withLock { $0.learn(headers, about: mark, longest: longest, now: now) }
        if !isActive { isTold.store(true, ordering: .relaxed) }
    }
}
