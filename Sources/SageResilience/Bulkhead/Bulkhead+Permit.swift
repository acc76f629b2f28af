import Synchronization

extension Bulkhead {
    /// The right to have one call in flight, given back exactly once: by ``release()`` or when it is dropped.
    public struct Permit: ~Copyable, Sendable {
        private let bulkhead: Bulkhead
        private var isReleased = false

        init(bulkhead: Bulkhead) {
            self.bulkhead = bulkhead
        }

        deinit {
            if !isReleased { bulkhead.leave() }
        }

        /// Gives the place back, now rather than at the end of the scope.
        public consuming func release() {
            isReleased = true
            bulkhead.leave()
        }

        /// Turns the permit into a reference that can be captured, for example by a stream.
        public consuming func shared() -> SharedPermit {
            isReleased = true
            return SharedPermit(bulkhead: bulkhead)
        }
    }

    /// A permit that can be shared, given back when it is first released or when the last reference goes.
    public final class SharedPermit: Sendable {
        private let bulkhead: Bulkhead
        private let isReleased = Atomic(false)

        init(bulkhead: Bulkhead) {
            self.bulkhead = bulkhead
        }

        deinit {
            release()
        }

        /// Gives the place back; only the first time counts.
        public func release() {
            if isReleased.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged {
                bulkhead.leave()
            }
        }
    }
}
