import Synchronization

extension AdaptiveLimiter {
    /// A part of the callers with a share of the limit of its own.
    final class Partition: Sendable {
        let name: String
        private let share: Double
        private let busy = Atomic(0)

        init(name: String, share: Double) {
            self.name = name
            self.share = share
        }

        var inFlight: Int { busy.load(ordering: .relaxed) }

        /// How many places are certain, at least one.
        func guaranteed(of limit: Int) -> Int {
            // A product such as 0.07 × 100 is a little more than 7.
            max(1, Int((Double(limit) * share - 1e-9).rounded(.up)))
        }

        /// Counts a call that has a place already.
        func enter() {
            busy.add(1, ordering: .relaxed)
        }

        /// Counts a call if the share is not used up.
        func enterWithinShare(of limit: Int) -> Bool {
            let most = guaranteed(of: limit)
            var present = busy.load(ordering: .relaxed)
            while present < most {
                let (exchanged, original) = busy.weakCompareExchange(
                    expected: present, desired: present + 1, ordering: .relaxed)
                if exchanged { return true }
                present = original
            }
            return false
        }

        func leave() {
            busy.subtract(1, ordering: .relaxed)
        }
    }
}
