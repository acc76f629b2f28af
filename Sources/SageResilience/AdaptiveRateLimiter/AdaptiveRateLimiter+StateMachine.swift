extension AdaptiveRateLimiter {
    /// What a waiting call is told.
    enum Signal: Sendable, Equatable {
        /// The token is taken; the call goes on.
        case granted(waited: Int64)
        /// The call is refused after all.
        case rejected(RejectionReason, wait: Int64)
        /// The call is the head of the queue: it sleeps until this moment and then claims its token.
        case sleep(until: Moment)
        /// The call's task was cancelled; it has left the queue.
        case cancelled
    }

    /// A signal and the waiting call that it is for.
    struct Notice: Sendable, Equatable {
        let id: UInt64
        let signal: Signal
    }

    /// The longest wait that a call accepts.
    struct Patience: Sendable {
        var nanoseconds: Int64
        /// Whether it is the call's deadline that sets it.
        var isDeadline = false
    }

    /// The logic of an adaptive rate limiter as a value.
    ///
    /// Only the head of the queue sleeps; it is told when its turn comes sooner or has come. Nobody overtakes.
    struct StateMachine: Sendable {
        /// The answer to a call that has just arrived.
        enum Decision: Equatable {
            case admitted
            case rejected(RejectionReason, wait: Int64)
            case mustWait
        }

        private struct Waiter {
            let id: UInt64
            let since: Moment
            let deadline: Moment
            let refusal: RejectionReason
        }

        /// Whether the service has ever said that the rate is too high; until then nobody is held up.
        private(set) var isLimiting = false
        private(set) var counters = Counters()
        private(set) var bucket: AdaptiveBucket
        private var cubic: CubicRate
        private var measured: MeasuredRate
        private var waiters: [Waiter] = []
        /// The head that has been told to sleep, and until when.
        ///
        /// That is never too late; when it is too early, because the rate has fallen since, the head is told again when
        /// it wakes.
        private var alarm: (id: UInt64, moment: Moment)?
        private var lastIdentifier: UInt64 = 0
        private(set) var pausedUntil = Moment.zero
        private let maxQueued: Int

        init(_ configuration: AdaptiveRateLimiterConfiguration, now: Moment) {
            bucket = AdaptiveBucket(minimumRate: configuration.minimumRate, now: now)
            cubic = CubicRate(beta: configuration.beta, scale: configuration.scale, lastThrottle: now.seconds)
            measured = MeasuredRate(smoothing: configuration.smoothing, at: now.seconds)
            maxQueued = configuration.maxQueued
        }

        // MARK: Arrivals

        /// Admits a call if there is a token for it.
        ///
        /// - Parameters:
        ///   - patience: The longest wait that the call accepts.
        ///   - now: The present.
        mutating func admit(_ patience: Patience, now: Moment) -> Decision {
            bucket.refill(now: now)
            if waiters.isEmpty, take(now: now) { return .admitted }
            let wait = turn(ofPlace: waiters.count + 1, now: now).elapsed(since: now)
            let reason: RejectionReason? =
                if patience.nanoseconds <= 0 {
                    patience.isDeadline ? .deadlineExceeded : .rateLimited
                } else if wait > patience.nanoseconds {
                    patience.isDeadline ? .deadlineExceeded : .waitTooLong
                } else if waiters.count >= maxQueued {
                    .queueFull
                } else {
                    nil
                }
            guard let reason else { return .mustWait }
            counters.rejected += 1
            return .rejected(reason, wait: wait)
        }

        /// Puts a call into the queue that ``admit(_:now:)`` has told to wait.
        ///
        /// - Returns: Its identifier; and when to wake, if it is the head.
        mutating func enqueue(_ patience: Patience, now: Moment) -> (id: UInt64, signal: Signal?) {
            lastIdentifier += 1
            waiters.append(
                Waiter(
                    id: lastIdentifier, since: now, deadline: now.advanced(by: patience.nanoseconds),
                    refusal: patience.isDeadline ? .deadlineExceeded : .waitTooLong))
            guard waiters.count == 1 else { return (lastIdentifier, nil) }
            let ready = turn(ofPlace: 1, now: now)
            alarm = (lastIdentifier, ready)
            return (lastIdentifier, .sleep(until: ready))
        }

        // MARK: The queue

        var waiting: Int { waiters.count }

        /// The head has woken: serves it and those behind it for whom there are tokens.
        ///
        /// - Returns: What to tell whom, the head first.
        mutating func claim(_ id: UInt64, now: Moment) -> [Notice] {
            // Its alarm has gone off; if it must sleep on it is told again.
            if alarm?.id == id { alarm = nil }
            return serve(now: now)
        }

        /// A waiting call leaves, because its task was cancelled.
        ///
        /// - Returns: What to tell whom, the leaving call included; nothing if it does not wait any more.
        mutating func leave(_ id: UInt64, now: Moment) -> [Notice] {
            guard let index = waiters.firstIndex(where: { $0.id == id }) else { return [] }
            waiters.remove(at: index)
            counters.cancelled += 1
            return [Notice(id: id, signal: .cancelled)] + serve(now: now)
        }

        /// Admits nobody before a moment.
        ///
        /// - Returns: Whom to tell that the wait has become too long.
        mutating func pause(until moment: Moment, now: Moment) -> [Notice] {
            guard moment > max(now, pausedUntil) else { return [] }
            pausedUntil = moment
            return dropHopeless(now: now) + serve(now: now)
        }

        /// A call that was granted its token has not gone on.
        ///
        /// - Returns: What to tell whom.
        mutating func giveBack(now: Moment) -> [Notice] {
            bucket.giveBack(now: now)
            return serve(now: now)
        }

        /// Serves the head as long as there are tokens, and sees to it that it wakes when there is one.
        private mutating func serve(now: Moment) -> [Notice] {
            bucket.refill(now: now)
            var notices: [Notice] = []
            while let head = waiters.first {
                if take(now: now) {
                    waiters.removeFirst()
                    let waited = now.elapsed(since: head.since)
                    counters.waited += 1
                    counters.longestWait = max(counters.longestWait, waited)
                    notices.append(Notice(id: head.id, signal: .granted(waited: waited)))
                    continue
                }
                let ready = turn(ofPlace: 1, now: now)
                if ready > head.deadline {
                    waiters.removeFirst()
                    notices.append(refuse(head, at: ready, now: now))
                    continue
                }
                if let alarm, alarm.id == head.id, alarm.moment <= ready { break }
                alarm = (head.id, ready)
                notices.append(Notice(id: head.id, signal: .sleep(until: ready)))
                break
            }
            return notices
        }

        /// Refuses those whose turn now comes too late for them.
        private mutating func dropHopeless(now: Moment) -> [Notice] {
            var notices: [Notice] = []
            var kept: [Waiter] = []
            for waiter in waiters {
                let ready = turn(ofPlace: kept.count + 1, now: now)
                if ready <= waiter.deadline {
                    kept.append(waiter)
                } else {
                    notices.append(refuse(waiter, at: ready, now: now))
                }
            }
            waiters = kept
            return notices
        }

        /// Takes the right to make one call if nothing holds it up.
        private mutating func take(now: Moment) -> Bool {
            pausedUntil <= now && (!isLimiting || bucket.take())
        }

        /// When it is the turn of the call at this place in the queue, places counted from 1.
        private func turn(ofPlace place: Int, now: Moment) -> Moment {
            let start = max(now, pausedUntil)
            guard isLimiting else { return start }
            var future = bucket
            future.refill(now: start)
            return start.advanced(by: future.wait(forPlace: place))
        }

        private mutating func refuse(_ waiter: Waiter, at ready: Moment, now: Moment) -> Notice {
            counters.rejected += 1
            return Notice(id: waiter.id, signal: .rejected(waiter.refusal, wait: ready.elapsed(since: now)))
        }

        // MARK: Responses

        /// The service has answered.
        ///
        /// - Parameters:
        ///   - isThrottled: Whether it said that the rate is too high.
        ///   - now: The present.
        /// - Returns: Whom to tell that the wait has become shorter, too long, or is over.
        mutating func record(isThrottled: Bool, now: Moment) -> [Notice] {
            let sent = measured.record(at: now.seconds)
            let (previous, wasLimiting) = (bucket.rate, isLimiting)
            let target: Double
            if isThrottled {
                target = cubic.throttle(isLimiting ? min(sent, bucket.rate) : sent, at: now.seconds)
                isLimiting = true
                counters.throttled += 1
            } else {
                target = cubic.rate(at: now.seconds)
            }
            // A rate that is not used proves nothing, so it does not run away from the one that is.
            bucket.change(rate: min(target, 2 * sent), now: now)
            guard !waiters.isEmpty else { return [] }
            let isSlower = bucket.rate < previous || isLimiting != wasLimiting
            return (isSlower ? dropHopeless(now: now) : []) + serve(now: now)
        }

        // MARK: Observation

        /// Whether the rate has long been above the one at which the service complained, and nobody waits or has to.
        func isForgettable(now: Moment) -> Bool {
            guard waiters.isEmpty, pausedUntil <= now else { return false }
            return !isLimiting || cubic.rate(at: now.seconds) >= max(1, 2 * cubic.lastMaxRate)
        }

        func snapshot(name: String, now: Moment) -> Snapshot {
            var bucket = bucket
            bucket.refill(now: now)
            return Snapshot(
                name: name, isLimiting: isLimiting, rate: isLimiting ? bucket.rate : nil, measuredRate: measured.value,
                availableTokens: pausedUntil > now ? 0 : bucket.tokens, queued: waiters.count,
                pausedFor: pausedUntil > now ? .nanoseconds(pausedUntil.elapsed(since: now)) : nil,
                counters: counters)
        }
    }
}

extension Moment {
    /// The seconds since the origin.
    fileprivate var seconds: Double { Double(nanoseconds) / 1e9 }
}
