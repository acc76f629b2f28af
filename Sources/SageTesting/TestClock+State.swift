extension TestClock {
    /// A task that waits for the clock.
    struct Sleeper {
        let id: UInt64
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
        var isReported = false
    }

    /// A test that waits for sleepers.
    struct Lookout {
        enum Condition {
            case unreportedTimer
            case sleepers(Int)
            case timers(at: Instant, count: Int)
        }

        let id: UInt64
        let condition: Condition
        let continuation: CheckedContinuation<Void, Never>
    }

    /// What became of a request to sleep.
    enum SleepOutcome {
        case cancelled
        case elapsed
        /// The timer waits; these lookouts have what they waited for.
        case scheduled([Lookout])
    }

    /// Everything under the clock's lock.
    ///
    /// Who is removed here is resumed by the caller, and by nobody else.
    struct State {
        private(set) var now = Instant()
        /// By deadline, equal deadlines by identifier.
        private(set) var sleepers: [Sleeper] = []
        var lookouts: [Lookout] = []
        private var lastIdentifier: UInt64 = 0

        mutating func makeIdentifier() -> UInt64 {
            lastIdentifier += 1
            return lastIdentifier
        }

        mutating func schedule(_ sleeper: Sleeper) -> SleepOutcome {
            guard sleeper.deadline > now else { return .elapsed }
            sleepers.insert(sleeper, at: sleepers.firstIndex { $0.deadline > sleeper.deadline } ?? sleepers.endIndex)
            return .scheduled(takeSatisfied())
        }

        /// - Returns: The sleepers whose deadline has come, and the lookouts that look for a timer in vain from now on.
        mutating func advance(to instant: Instant) -> (sleepers: [Sleeper], lookouts: [Lookout]) {
            now = max(now, instant)
            let due = sleepers.prefix { $0.deadline <= now }
            sleepers.removeFirst(due.count)
            return (Array(due), takeSatisfied())
        }

        private mutating func takeSatisfied() -> [Lookout] {
            var (satisfied, unsatisfied): ([Lookout], [Lookout]) = ([], [])
            for lookout in lookouts {
                if satisfies(lookout.condition) { satisfied.append(lookout) } else { unsatisfied.append(lookout) }
            }
            lookouts = unsatisfied
            return satisfied
        }

        mutating func removeSleeper(_ id: UInt64) -> Sleeper? {
            sleepers.firstIndex { $0.id == id }.map { sleepers.remove(at: $0) }
        }

        mutating func removeLookout(_ id: UInt64) -> Lookout? {
            lookouts.firstIndex { $0.id == id }.map { lookouts.remove(at: $0) }
        }

        func satisfies(_ condition: Lookout.Condition) -> Bool {
            switch condition {
            case .unreportedTimer: sleepers.contains { !$0.isReported }
            case .sleepers(let count): sleepers.count >= count
            case .timers(let instant, let count): instant <= now || timers(at: instant) >= count
            }
        }

        private func timers(at instant: Instant) -> Int { sleepers.count { $0.deadline == instant } }

        /// Marks the timer that was scheduled first among the unreported ones.
        mutating func reportTimer() -> Instant? {
            let unreported = sleepers.indices.filter { !sleepers[$0].isReported }
            guard let index = unreported.min(by: { sleepers[$0].id < sleepers[$1].id }) else { return nil }
            sleepers[index].isReported = true
            return sleepers[index].deadline
        }
    }
}
