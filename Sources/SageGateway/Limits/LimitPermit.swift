import SageResilience
import Synchronization

/// What one call has taken of the limits that apply to it.
///
/// The place among the concurrent calls is given back with the last reference. What was taken of the rates stays taken,
/// since providers count calls that fail too; it is corrected by ``settle(tokens:)`` and given back by ``refund()``, of
/// which the first that is called counts.
struct LimitPermit: Sendable {
    /// A call that nothing limits.
    static let unlimited = LimitPermit(hold: nil, mark: nil)

    private let hold: Hold?
    /// Where the call stands in the count of calls, for what the provider's answer says about its own limits.
    let mark: ProviderAllowance.Mark?

    init(
        _ grants: (LimitGrant, LimitGrant)?, allowance: SharedAllowance?, mark: ProviderAllowance.Mark?,
        shared: SharedHold? = nil
    ) {
        let isUnlimited = grants == nil && mark == nil
        self.init(
            hold: isUnlimited ? nil : Hold(grants: grants, allowance: allowance, mark: mark, shared: shared), mark: mark
        )
    }

    private init(hold: Hold?, mark: ProviderAllowance.Mark?) {
        self.hold = hold
        self.mark = mark
    }

    /// Corrects the estimate of tokens to what the call has used.
    func settle(tokens actual: Int) {
        hold?.settle(tokens: actual)
    }

    /// Gives everything back, because nothing was sent.
    func refund() {
        hold?.refund()
    }

    private final class Hold: Sendable {
        private let grants: (LimitGrant, LimitGrant)?
        private let allowance: SharedAllowance?
        private let mark: ProviderAllowance.Mark?
        private let shared: SharedHold?
        private let isSettled = Atomic<Bool>(false)

        init(
            grants: (LimitGrant, LimitGrant)?, allowance: SharedAllowance?, mark: ProviderAllowance.Mark?,
            shared: SharedHold?
        ) {
            self.grants = grants
            self.allowance = allowance
            self.mark = mark
            self.shared = shared
        }

        deinit {
            grants?.0.leave()
            grants?.1.leave()
        }

        func settle(tokens actual: Int) {
            guard end() else { return }
            grants?.0.settle(tokens: actual)
            grants?.1.settle(tokens: actual)
            shared?.settle(tokens: actual)
        }

        func refund() {
            guard end() else { return }
            grants?.0.refund()
            grants?.1.refund()
            shared?.refund()
            if let mark { allowance?.giveBack(mark) }
        }

        private func end() -> Bool {
            isSettled.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
        }
    }
}
