extension RateLimiter {
    /// What a waiting call is told.
    enum Signal: Sendable, Equatable {
        /// The permits are taken; the call goes on.
        case granted(waited: Int64, at: Moment)
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
    /// the head, and the head when the moment for which it sleeps has changed. Nobody overtakes: while somebody waits,
    /// nobody is admitted at once.
    struct StateMachine: Sendable {
        /// The answer to a call that has just arrived.
        enum Decision: Sendable, Equatable {
            case admitted
            case rejected(Refusal)
            case mustWait
        }

        /// The account after everybody in the queue has been served, and when that will be.
        struct Plan: Sendable {
            var account: PermitAccount
            var end: Moment
            /// How many calls were served later than planned, as long as the plan is in use.
            var late = 0
        }

        private(set) var account: PermitAccount
        private(set) var waiters = WaiterQueue()
        private(set) var counters = Counters()
        /// The latest moment ever handed in: time that goes backwards neither frees nor uses permits.
        private(set) var latest = Moment.zero
        /// The head that has been told to sleep, and until when.
        private var alarm: (id: UInt64, moment: Moment)?
        private var lastIdentifier: UInt64 = 0
        private var pausedUntil = Moment.zero
        /// Whether permits are given back, for which all that are taken must be known here.
        private var isMetered = false
        /// What becomes of the account when everybody in the queue is served; nil when nobody knows.
        private(set) var plan: Plan?
        private let maxQueued: Int

        init(_ configuration: RateLimiterConfiguration) {
            self.account = PermitAccount(configuration.algorithm)
            self.maxQueued = configuration.maxQueued
        }

        // MARK: The open bucket

        /// Takes over a bucket from which permits were taken elsewhere, at moments not after `now`.
        mutating func adopt(_ open: TokenBucket, now: Moment) {
            var bucket = open
            // When an open bucket was last full nobody has noted. It cannot have been before the moment at which it
            // was to be; from then on it must be taken to have been, or a refund might give permits twice.
            if let known = account.bucket { bucket.lastFull = now < known.fullAt ? known.lastFull : now }
            account = .bucket(bucket)
        }

        /// The bucket, if permits may be taken from it without asking: nobody waits, and no pause holds.
        var freeBucket: TokenBucket? {
            guard waiters.isEmpty, pausedUntil <= latest, !isMetered else { return nil }
            return account.bucket
        }

        /// Keeps the bucket from being given away from now on.
        mutating func startMetering() {
            isMetered = true
        }

        // MARK: Arrivals

        /// Takes permits if they are free now and nobody waits.
        mutating func takeAtOnce(_ permits: Int, now: Moment) -> Bool {
            latest = max(latest, now)
            guard waiters.isEmpty, earliest(permits) <= latest else { return false }
            take(permits)
            plan = nil
            return true
        }

        /// Admits a call if its permits are free now, or says whether it may wait for them.
        ///
        /// - Parameters:
        ///   - permits: How many; zero or fewer are nothing, and always free.
        ///   - patience: How long the call is willing to wait.
        ///   - now: The present.
        mutating func admit(_ permits: Int, patience: Patience, now: Moment) -> Decision {
            guard permits > 0 else { return .admitted }
            guard permits <= account.capacity else { return refuse(.insufficientCapacity, nil) }
            if takeAtOnce(permits, now: now) { return .admitted }
            let wait = promise(permits).elapsed(since: now)
            if let reason = patience.objection(to: wait) { return refuse(reason, wait) }
            guard waiters.count < maxQueued else { return refuse(.queueFull, wait) }
            return .mustWait
        }

        private mutating func refuse(_ reason: RejectionReason, _ wait: Int64?) -> Decision {
            counters.rejected += 1
            return .rejected(Refusal(reason: reason, wait: wait))
        }

        /// Puts a call into the queue that ``admit(_:patience:now:)`` has told to wait.
        ///
        /// - Returns: Its identifier; and when to wake, if it is the head.
        mutating func enqueue(_ permits: Int, patience: Patience, now: Moment) -> (id: UInt64, signal: Signal?) {
            lastIdentifier += 1
            let waiter = Waiter(id: lastIdentifier, permits: permits, since: now, patience: patience)
            let isHead = waiters.isEmpty
            waiters.append(waiter)
            extendPlan(by: waiter)
            guard isHead else { return (waiter.id, nil) }
            let ready = earliest(permits)
            alarm = (waiter.id, ready)
            return (waiter.id, .sleep(until: ready))
        }

        // MARK: The queue

        /// The head has woken.
        ///
        /// Serves it and everybody behind it for whom there are permits.
        ///
        /// - Returns: What to tell whom, the head first.
        mutating func claim(_ id: UInt64, now: Moment) -> [Notice] {
            latest = max(latest, now)
            guard let alarm, alarm.id == id else { return serve(now: now) }
            // Its alarm has gone off; if it must sleep on it is told again.
            self.alarm = nil
            return serve(now: now, asPlanned: alarm.moment == latest)
        }

        /// A waiting call leaves, because its task was cancelled.
        ///
        /// - Returns: What to tell whom, the leaving call included; nothing if it does not wait any more.
        mutating func leave(_ id: UInt64, now: Moment) -> [Notice] {
            guard let waiter = waiters.remove(id) else { return [] }
            latest = max(latest, now)
            counters.cancelled += 1
            plan = nil
            return [notice(waiter, .cancelled)] + serve(now: now)
        }

        /// Admits nobody before a moment.
        ///
        /// - Returns: Whom to tell that the wait has become longer, or too long.
        mutating func pause(until moment: Moment, now: Moment) -> [Notice] {
            latest = max(latest, now)
            guard moment > pausedUntil else { return [] }
            pausedUntil = moment
            return dropHopeless(now: now) + serve(now: now)
        }

        /// Serves the head as long as there are permits, and sees to it that it sleeps until there are.
        ///
        /// - Parameters:
        ///   - now: The present.
        ///   - asPlanned: Whether the present is the moment for which the plan has the head.
        private mutating func serve(now: Moment, asPlanned: Bool = false) -> [Notice] {
            // With nobody in the queue permits are taken past the plan.
            defer { if waiters.isEmpty { plan = nil } }
            var notices: [Notice] = []
            while let head = waiters.first {
                let ready = earliest(head.permits)
                if ready <= latest {
                    waiters.removeFirst()
                    take(head.permits)
                    if !asPlanned { noteLateness() }
                    let waited = now.elapsed(since: head.since)
                    counters.countWait(waited)
                    notices.append(notice(head, .granted(waited: waited, at: latest)))
                } else if let reason = head.objection(to: ready) {
                    waiters.removeFirst()
                    plan = nil
                    notices.append(refuse(head, reason, ready, now))
                } else {
                    if alarm?.id != head.id || alarm?.moment != ready {
                        alarm = (head.id, ready)
                        notices.append(notice(head, .sleep(until: ready)))
                    }
                    break
                }
            }
            return notices
        }

        /// Refuses those whose promised moment now lies further away than they are willing to wait.
        private mutating func dropHopeless(now: Moment) -> [Notice] {
            plan = nil
            var notices: [Notice] = []
            var kept = WaiterQueue()
            var (future, end) = (account, latest)
            for waiter in waiters.all {
                let ready = future.earliest(waiter.permits, from: max(end, pausedUntil))
                if let reason = waiter.objection(to: ready) {
                    notices.append(refuse(waiter, reason, ready, now))
                } else {
                    future.take(waiter.permits, at: ready)
                    end = ready
                    kept.append(waiter)
                }
            }
            waiters = kept
            return notices
        }

        private mutating func refuse(
            _ waiter: Waiter, _ reason: RejectionReason, _ ready: Moment, _ now: Moment
        ) -> Notice {
            counters.rejected += 1
            return notice(waiter, .rejected(Refusal(reason: reason, wait: ready.elapsed(since: now))))
        }

        private func notice(_ waiter: Waiter, _ signal: Signal) -> Notice {
            Notice(id: waiter.id, permits: waiter.permits, signal: signal)
        }

        // MARK: Permits

        /// Corrects what a reservation has taken to what its call has used.
        ///
        /// - Returns: What to tell whom: a refund serves those who wait sooner, a debit later or not at all.
        mutating func settle(reserved: Int, at moment: Moment, actual: Int, now: Moment) -> [Notice] {
            guard actual != reserved else { return [] }
            latest = max(latest, now)
            plan = nil
            if actual < reserved {
                account.refund(reserved - actual, takenAt: moment, now: latest)
                counters.refundedPermits = counters.refundedPermits.addingSaturating(reserved - actual)
                return serve(now: now)
            }
            account.debit(actual - reserved, now: latest)
            counters.debitedPermits = counters.debitedPermits.addingSaturating(actual - reserved)
            return dropHopeless(now: now) + serve(now: now)
        }

        /// When so many permits are free for whoever is served next.
        private func earliest(_ permits: Int) -> Moment {
            account.earliest(permits, from: max(latest, pausedUntil))
        }

        private mutating func take(_ permits: Int) {
            account.take(permits, at: latest)
            counters.acquired += 1
            counters.acquiredPermits = counters.acquiredPermits.addingSaturating(permits)
        }

        /// When so many permits are free for somebody who queues up now.
        private mutating func promise(_ permits: Int) -> Moment {
            guard !waiters.isEmpty else { return earliest(permits) }
            let plan = plan ?? freshPlan()
            self.plan = plan
            return plan.account.earliest(permits, from: max(plan.end, latest, pausedUntil))
        }

        private mutating func extendPlan(by waiter: Waiter) {
            // Taken out while it is changed, so that its storage is not copied.
            guard var plan else { return }
            self.plan = nil
            plan.end = plan.account.earliest(waiter.permits, from: max(plan.end, latest, pausedUntil))
            plan.account.take(waiter.permits, at: plan.end)
            self.plan = plan
        }

        /// Each timer fires a little late, so that plans slip a little with each call that is served.
        ///
        /// A plan is made anew when more have been served late than still wait: exact enough, and constant work a call on
        /// average.
        private mutating func noteLateness() {
            plan?.late += 1
            if let plan, plan.late > waiters.count { self.plan = nil }
        }

        func freshPlan() -> Plan {
            var plan = Plan(account: account, end: latest)
            for waiter in waiters.all {
                plan.end = plan.account.earliest(waiter.permits, from: max(plan.end, pausedUntil))
                plan.account.take(waiter.permits, at: plan.end)
            }
            return plan
        }

        // MARK: Observation

        func snapshot(name: String, counters: Counters, now: Moment) -> Snapshot {
            let present = max(latest, now)
            let isOpen = waiters.isEmpty && pausedUntil <= present
            let plan = plan ?? freshPlan()
            let next = plan.account.earliest(1, from: max(plan.end, present, pausedUntil))
            let balance = account.balance(at: present)
            return Snapshot(
                name: name, capacity: account.capacity, availablePermits: isOpen ? max(0, balance) : 0,
                debt: max(0, -balance), queued: waiters.count, counters: counters,
                retryAfter: next > present ? .nanoseconds(next.elapsed(since: now)) : nil,
                pausedFor: pausedUntil > present ? .nanoseconds(pausedUntil.elapsed(since: now)) : nil)
        }
    }
}
