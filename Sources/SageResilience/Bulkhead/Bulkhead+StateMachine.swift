extension Bulkhead {
    /// What a waiting call is told, once.
    enum Signal: Sendable, Hashable {
        /// It has a permit.
        case granted(waited: Int64)
        /// It is refused after all.
        case rejected(RejectionReason)
        /// Its task was cancelled; it has left the queue.
        case cancelled
    }

    /// A signal and the call that it is for.
    struct Notice: Sendable, Hashable {
        let id: UInt64
        let priority: CallPriority
        let signal: Signal
    }

    /// The logic of a bulkhead's queue as a value.
    ///
    /// A call of priority `p` takes its place as if it had arrived `p` times the ageing time earlier. That is the same
    /// as a priority that rises by one level with each ageing time, because all waiting calls rise together; and the
    /// order of two calls never changes while they wait.
    struct StateMachine: Sendable {
        /// The answer to a call that found no permit.
        enum Arrival: Sendable, Hashable {
            case rejected(RejectionReason)
            /// It waits in the queue, and the displaced call, if any, is to be told so.
            case queued(UInt64, displaced: Notice?)
        }

        private(set) var limit: Int
        private(set) var counters = Counters()
        private(set) var waiting = 0
        /// By priority.
        private var queues = Array(repeating: WaiterQueue(), count: CallPriority.allCases.count)
        private var lastIdentifier: UInt64 = 0
        /// The latest moment ever handed in, so that the order of arrival is that of the clock.
        private var latest = Moment.zero
        private let maxQueued: Int
        private let ageing: Int64

        init(_ configuration: BulkheadConfiguration) {
            limit = configuration.limit
            maxQueued = configuration.maxQueued
            // The head start of all levels together then fits, and a quarter is still far longer than any wait.
            ageing = min(configuration.ageing.saturatingNanoseconds, Int64.max / 4)
        }

        // MARK: Arrivals

        /// Puts a call that found no permit into the queue, or refuses it.
        ///
        /// - Parameters:
        ///   - maxWait: The longest wait in nanoseconds that the call accepts.
        ///   - remaining: The time to the call's deadline in nanoseconds; nil when it has none.
        mutating func arrive(
            _ priority: CallPriority, maxWait: Int64, remaining: Int64?, now: Moment
        ) -> Arrival {
            latest = max(latest, now)
            guard maxWait > 0 else { return refuse(.concurrencyLimited) }
            if let remaining, remaining <= 0 { return refuse(.deadlineExceeded) }
            let isBoundByDeadline = remaining.map { $0 < maxWait } ?? false
            let waiter = Waiter(
                id: lastIdentifier + 1, priority: priority, since: latest,
                deadline: now.advanced(by: min(maxWait, remaining ?? maxWait)),
                overdueReason: isBoundByDeadline ? .deadlineExceeded : .waitTooLong,
                rank: latest.nanoseconds.subtractingSaturating(ageing * Int64(priority.rawValue)))
            var displaced: Notice?
            if waiting >= maxQueued {
                guard let victim = last, waiter.precedes(victim) else { return refuse(.queueFull) }
                _ = remove(victim.id, victim.priority)
                counters.rejected += 1
                counters.displaced += 1
                displaced = Notice(id: victim.id, priority: victim.priority, signal: .rejected(.displaced))
            }
            lastIdentifier = waiter.id
            queues[priority.rawValue].append(waiter)
            waiting += 1
            return .queued(waiter.id, displaced: displaced)
        }

        private mutating func refuse(_ reason: RejectionReason) -> Arrival {
            counters.rejected += 1
            return .rejected(reason)
        }

        // MARK: The queue

        /// Grants permits to those who wait, the most important first.
        ///
        /// Calls whose time has passed are refused on the way, whether or not they know it yet.
        ///
        /// - Parameter free: How many permits there are.
        /// - Returns: How many were granted, and what to tell whom.
        mutating func serve(free: Int, now: Moment) -> (granted: Int, notices: [Notice]) {
            latest = max(latest, now)
            var granted = 0
            var notices: [Notice] = []
            while granted < free, let waiter = first {
                _ = remove(waiter.id, waiter.priority)
                if waiter.deadline < now {
                    notices.append(refuseOverdue(waiter))
                } else {
                    granted += 1
                    let waited = now.elapsed(since: waiter.since)
                    counters.countWait(waited)
                    notices.append(Notice(id: waiter.id, priority: waiter.priority, signal: .granted(waited: waited)))
                }
            }
            return (granted, notices)
        }

        /// A waiting call's time has passed.
        ///
        /// - Returns: What to tell it; nil if it does not wait any more.
        mutating func expire(_ id: UInt64, _ priority: CallPriority) -> Notice? {
            remove(id, priority).map { refuseOverdue($0) }
        }

        /// A waiting call leaves, because its task was cancelled.
        ///
        /// - Returns: What to tell it; nil if it does not wait any more.
        mutating func leave(_ id: UInt64, _ priority: CallPriority) -> Notice? {
            guard remove(id, priority) != nil else { return nil }
            counters.cancelled += 1
            return Notice(id: id, priority: priority, signal: .cancelled)
        }

        /// Changes the limit.
        ///
        /// - Returns: How many permits there are more.
        mutating func resize(to limit: Int) -> Int {
            defer { self.limit = limit }
            return limit - self.limit
        }

        /// How many calls of a priority wait.
        func queued(_ priority: CallPriority) -> Int { queues[priority.rawValue].count }

        private mutating func refuseOverdue(_ waiter: Waiter) -> Notice {
            counters.rejected += 1
            counters.timedOut += 1
            return Notice(id: waiter.id, priority: waiter.priority, signal: .rejected(waiter.overdueReason))
        }

        private var first: Waiter? {
            var best: Waiter?
            for queue in queues {
                guard let candidate = queue.first else { continue }
                if best.map(candidate.precedes) ?? true { best = candidate }
            }
            return best
        }

        /// The least important one, and of those the youngest.
        private var last: Waiter? {
            var worst: Waiter?
            for queue in queues {
                guard let candidate = queue.last else { continue }
                if worst?.precedes(candidate) ?? true { worst = candidate }
            }
            return worst
        }

        private mutating func remove(_ id: UInt64, _ priority: CallPriority) -> Waiter? {
            guard let waiter = queues[priority.rawValue].remove(id) else { return nil }
            waiting -= 1
            return waiter
        }
    }
}
