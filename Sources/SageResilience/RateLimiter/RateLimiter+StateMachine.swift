extension RateLimiter {
    /// What a waiting call is told.
    enum Signal: Sendable, Equatable {
        /// The permits are taken; the call goes on.
        case granted(waited: Int64)
        /// The call is refused after all.
        case rejected(Refusal)
        /// The call is the head of the queue: it sleeps until this moment and then claims its permits.
        case sleep(until: Moment)
        /// The call's task was cancelled; it has left the queue.
        case cancelled
    }

    /// Why a call is refused, and how long until its permits would be free.
    struct Refusal: Sendable, Equatable {
        let reason: RejectionReason
        var wait: Int64?
    }

    /// A signal and the waiting call that it is for.
    struct Notice: Sendable, Equatable {
        let id: UInt64
        let permits: Int
        let signal: Signal
    }

    /// The logic of a rate limiter as a value.
    ///
    /// Only the head of the queue sleeps; the calls behind it are told when they are granted, refused or have become
    /// the head. Nobody overtakes: while somebody waits, nobody is admitted at once.
    struct StateMachine: Sendable {
        /// The answer to a call that has just arrived.
        enum Decision: Equatable {
            case admitted
            case rejected(Refusal)
            case mustWait
        }

        private(set) var algorithm: any RateLimitAlgorithm
        private(set) var waiters = WaiterQueue()
        private(set) var counters = Counters()
        /// The head that has been told to sleep.
        ///
        /// It alone ends its wait, because nobody else can wake it.
        private var sleeper: UInt64?
        private var lastIdentifier: UInt64 = 0
        /// The latest moment ever handed in: time that goes backwards neither frees nor uses permits.
        private var latest = Moment.zero
        private var pausedUntil = Moment.zero
        /// The algorithm after everybody in the queue has been served, and when that will be; nil when out of date.
        private var plan: (algorithm: any RateLimitAlgorithm, end: Moment)?
        private let maxQueued: Int

        init(_ configuration: RateLimiterConfiguration) {
            self.algorithm = configuration.makeAlgorithm()
            self.maxQueued = configuration.maxQueued
        }

        // MARK: Arrivals

        /// Admits a call if its permits are free now.
        ///
        /// - Parameters:
        ///   - permits: How many; zero or fewer are nothing, and always free.
        ///   - maxWait: The longest wait in nanoseconds that the call accepts; nil or zero for none.
        mutating func admit(_ permits: Int, maxWait: Int64?, now: Moment) -> Decision {
            guard permits > 0 else { return .admitted }
            guard permits <= algorithm.capacity else { return refuse(.insufficientCapacity, nil) }
            latest = max(latest, now)
            if waiters.isEmpty, earliest(permits) <= latest {
                take(permits)
                return .admitted
            }
            let wait = promise(permits).elapsed(since: now)
            guard let maxWait, maxWait > 0 else {
                return refuse(.rateLimited, wait)
            }
            guard wait <= maxWait else { return refuse(.waitTooLong, wait) }
            guard waiters.count < maxQueued else { return refuse(.queueFull, wait) }
            return .mustWait
        }

        private mutating func refuse(_ reason: RejectionReason, _ wait: Int64?) -> Decision {
            counters.rejected += 1
            return .rejected(Refusal(reason: reason, wait: wait))
        }

        /// Puts a call into the queue that ``admit(_:maxWait:now:)`` has told to wait.
        ///
        /// - Returns: Its identifier; and when to wake, if it is the head.
        mutating func enqueue(_ permits: Int, maxWait: Int64, now: Moment) -> (id: UInt64, signal: Signal?) {
            lastIdentifier += 1
            let waiter = Waiter(
                id: lastIdentifier, permits: permits, since: now, deadline: now.advanced(by: maxWait))
            let isHead = waiters.isEmpty
            waiters.append(waiter)
            extendPlan(by: waiter)
            guard isHead else { return (waiter.id, nil) }
            sleeper = waiter.id
            return (waiter.id, .sleep(until: earliest(permits)))
        }

        // MARK: The queue

        /// The head has woken.
        ///
        /// Serves it and everybody behind it for whom there are permits.
        ///
        /// - Returns: What to tell whom, the head first.
        mutating func claim(_ id: UInt64, now: Moment) -> [Notice] {
            latest = max(latest, now)
            if sleeper == id { sleeper = nil }
            var notices = serve(now: now)
            // Whoever still waits was promised a moment that has slipped, perhaps beyond its deadline.
            if sleeper == id { notices += dropHopeless(now: now) }
            return notices
        }

        /// A waiting call leaves, because its task was cancelled.
        ///
        /// - Returns: What to tell whom, the leaving call included; nothing if it does not wait any more.
        mutating func leave(_ id: UInt64, now: Moment) -> [Notice] {
            guard let waiter = waiters.remove(id) else { return [] }
            latest = max(latest, now)
            counters.cancelled += 1
            plan = nil
            if sleeper == id { sleeper = nil }
            return [notice(waiter, .cancelled)] + serve(now: now)
        }

        /// Admits nobody before a moment.
        ///
        /// - Returns: Whom to tell that the wait has become too long.
        mutating func pause(until moment: Moment, now: Moment) -> [Notice] {
            latest = max(latest, now)
            guard moment > pausedUntil else { return [] }
            pausedUntil = moment
            return dropHopeless(now: now)
        }

        private mutating func serve(now: Moment) -> [Notice] {
            var notices: [Notice] = []
            while sleeper == nil, let head = waiters.first {
                let ready = earliest(head.permits)
                if ready <= latest {
                    waiters.removeFirst()
                    take(head.permits)
                    let waited = now.elapsed(since: head.since)
                    counters.countWait(waited)
                    notices.append(notice(head, .granted(waited: waited)))
                } else if ready > head.deadline {
                    waiters.removeFirst()
                    plan = nil
                    notices.append(refuse(head, ready, now))
                } else {
                    sleeper = head.id
                    notices.append(notice(head, .sleep(until: ready)))
                }
            }
            return notices
        }

        /// Refuses those behind the head whose promised moment now lies beyond their deadline.
        private mutating func dropHopeless(now: Moment) -> [Notice] {
            plan = nil
            var notices: [Notice] = []
            var kept = WaiterQueue()
            var (future, end) = (algorithm, latest)
            for waiter in waiters.all {
                let ready = future.earliest(waiter.permits, from: max(end, pausedUntil))
                if ready <= waiter.deadline {
                    future.take(waiter.permits, at: ready)
                    end = ready
                    kept.append(waiter)
                } else if waiter.id == sleeper {
                    // Asleep, it cannot be told; it will find out when it wakes, and take nothing from the others.
                    kept.append(waiter)
                } else {
                    notices.append(refuse(waiter, ready, now))
                }
            }
            waiters = kept
            return notices
        }

        private mutating func refuse(_ waiter: Waiter, _ ready: Moment, _ now: Moment) -> Notice {
            counters.rejected += 1
            return notice(waiter, .rejected(Refusal(reason: .waitTooLong, wait: ready.elapsed(since: now))))
        }

        private func notice(_ waiter: Waiter, _ signal: Signal) -> Notice {
            Notice(id: waiter.id, permits: waiter.permits, signal: signal)
        }

        // MARK: Permits

        /// When so many permits are free for whoever is served next.
        private func earliest(_ permits: Int) -> Moment {
            algorithm.earliest(permits, from: max(latest, pausedUntil))
        }

        private mutating func take(_ permits: Int) {
            algorithm.take(permits, at: latest)
            plan = nil
            counters.acquired += 1
            counters.acquiredPermits = counters.acquiredPermits.addingSaturating(permits)
        }

        /// When so many permits are free for somebody who queues up now.
        private mutating func promise(_ permits: Int) -> Moment {
            guard !waiters.isEmpty else { return earliest(permits) }
            let plan = currentPlan()
            self.plan = plan
            return plan.algorithm.earliest(permits, from: max(plan.end, latest, pausedUntil))
        }

        private mutating func extendPlan(by waiter: Waiter) {
            // Taken out while it is changed, so that its storage is not copied.
            guard var plan else { return }
            self.plan = nil
            plan.end = plan.algorithm.earliest(waiter.permits, from: max(plan.end, latest, pausedUntil))
            plan.algorithm.take(waiter.permits, at: plan.end)
            self.plan = plan
        }

        private func currentPlan() -> (algorithm: any RateLimitAlgorithm, end: Moment) {
            if let plan { return plan }
            var (future, end) = (algorithm, latest)
            for waiter in waiters.all {
                end = future.earliest(waiter.permits, from: max(end, pausedUntil))
                future.take(waiter.permits, at: end)
            }
            return (future, end)
        }

        // MARK: Observation

        func snapshot(name: String, now: Moment) -> Snapshot {
            let present = max(latest, now)
            let isOpen = waiters.isEmpty && pausedUntil <= present
            let plan = currentPlan()
            let next = plan.algorithm.earliest(1, from: max(plan.end, present, pausedUntil))
            return Snapshot(
                name: name, capacity: algorithm.capacity,
                availablePermits: isOpen ? algorithm.available(at: present) : 0, waiting: waiters.count,
                counters: counters,
                retryAfter: next > present ? .nanoseconds(next.elapsed(since: now)) : nil,
                pausedFor: pausedUntil > present ? .nanoseconds(pausedUntil.elapsed(since: now)) : nil)
        }
    }
}
