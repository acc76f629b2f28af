extension Supervisor {
    /// Decides which children start and stop, from how they end: without tasks, clock or lock.
    ///
    /// Facts come in through the mutating functions, from any thread; ``settle(now:)``, which only the supervisor's own
    /// task calls, says what to do about them.
    struct StateMachine: Sendable {
        enum Action: Sendable, Hashable {
            /// Start a run, whose operation begins at that moment or at once when that has passed.
            case start(Int, run: Int, notBefore: Moment)
            /// Ask a child to end within so many nanoseconds.
            case ask(Int, remaining: Int64)
            case cancel(Int)
            /// Call ``settle(now:)`` again at that moment.
            case wake(Moment)
            /// All children have ended; nothing more will happen.
            case finish(Ending)
        }

        /// Why the supervisor ends.
        enum Ending: Sendable, Hashable {
            case completed
            case shutDown
            /// Too many restarts, and the policy says to stop.
            case gaveUp
            case escalated(child: String, restarts: Int)
            case cancelled
        }

        /// How one run of a child ended.
        enum End: Sendable {
            /// Its operation was never called.
            case notBegun
            case returned
            /// It was refused because the program shuts down.
            case refusedByShutdown
            case threw(Member.Failure)
        }

        /// What the end of a child leads to.
        enum Reaction: Sendable, Hashable {
            case none
            /// Compute the delay before this retry and call ``schedule(_:after:wholeGroup:now:)``.
            case restart(retry: Int, previous: Int64?, wholeGroup: Bool)
            case gaveUp(Ending)
        }

        private struct Stopping {
            var ending: Ending
            /// Until when children are asked, not cancelled.
            var graceUntil: Moment?
            var isAlarmSet = false
        }

        let strategy: Strategy
        private let policy: SupervisionPolicy
        private let shutdownLimit: Int64
        private let returnsWhenIdle: Bool

        private(set) var members: [Member] = []
        private var lastIdentifier = 0
        private var judge: RestartJudge
        private var stopping: Stopping?
        /// Whether a child was refused by a shutdown that has not come here yet.
        ///
        /// Until it comes the supervisor stays: a service that ends before its turn ends all others at once.
        private var isShutdownNear = false
        /// All from this one on are being stopped, the last one first, before any starts.
        private var sweepFrom: Int?

        init(
            strategy: Strategy, policy: SupervisionPolicy, shutdownLimit: Int64 = .max, returnsWhenIdle: Bool = true
        ) {
            self.strategy = strategy
            self.policy = policy
            self.shutdownLimit = shutdownLimit
            self.returnsWhenIdle = returnsWhenIdle
            self.judge = RestartJudge(policy)
        }

        // MARK: Facts from outside

        /// Adds a child after all others.
        mutating func add(_ child: Child, isForgotten: Bool = false) -> Int {
            lastIdentifier += 1
            var member = Member(
                id: lastIdentifier, child.name, restart: child.restart, signalsReady: child.signalsReady,
                isForgotten: isForgotten)
            member.isWanted = stopping == nil
            members.append(member)
            return lastIdentifier
        }

        /// Begins a new run of the supervisor, in which nothing has happened yet.
        mutating func begin() {
            judge = RestartJudge(policy)
            stopping = nil
            isShutdownNear = false
            sweepFrom = nil
            for index in members.indices { members[index].reset() }
        }

        /// Stops a child by hand.
        ///
        /// - Returns: Whether its run has to be cancelled, which is for the caller to do.
        mutating func hold(_ id: Int, now: Moment) -> Bool {
            guard let index = index(id) else { return false }
            members[index].isHeld = true
            members[index].isWanted = false
            guard members[index].isActive else {
                members[index].ending = .stopped
                return false
            }
            return !cancel(index, now: now).isEmpty
        }

        /// Starts a child that was stopped, or has ended, by hand.
        mutating func release(_ id: Int) {
            guard let index = index(id) else { return }
            members[index].isHeld = false
            // One that runs and is not on its way out goes on, one that waits goes on waiting.
            guard stopping == nil, !members[index].isWanted,
                !members[index].isActive || members[index].cancelledAt != nil
            else { return }
            members[index].isWanted = true
            members[index].notBefore = .zero
            members[index].progress = BackoffProgress()
        }

        /// Stops a child by hand, and forgets it as soon as it has ended.
        ///
        /// - Returns: Whether its run has to be cancelled, which is for the caller to do.
        mutating func forget(_ id: Int, now: Moment) -> Bool {
            if let index = index(id) { members[index].isForgotten = true }
            return hold(id, now: now)
        }

        /// Stops all children, and leaves each so many nanoseconds to end by itself.
        mutating func shutDown(grace: Int64, now: Moment) {
            let until = now.advanced(by: max(0, grace))
            if let earlier = stopping {
                guard let graceUntil = earlier.graceUntil, until < graceUntil else { return }
                stopping?.graceUntil = until
                stopping?.isAlarmSet = false
            } else {
                stop(.shutDown, graceUntil: until)
            }
        }

        /// The task in which all children run was cancelled, and they with it.
        mutating func cancel(now: Moment) {
            switch stopping?.ending {
            case .escalated, .gaveUp: stopping?.graceUntil = nil
            case nil, .completed, .shutDown, .cancelled: stop(.cancelled, graceUntil: nil)
            }
            for index in members.indices where members[index].isActive && members[index].cancelledAt == nil {
                members[index].cancelledAt = now
            }
        }

        private mutating func stop(_ ending: Ending, graceUntil: Moment?) {
            stopping = Stopping(ending: ending, graceUntil: graceUntil)
            sweepFrom = nil
            for index in members.indices { members[index].isWanted = false }
        }

        // MARK: Facts from the children

        /// Whether the operation of a run may be called now; nil when the run is to end instead.
        ///
        /// - Returns: The child's restarts.
        mutating func mayBegin(_ id: Int, run: Int, now: Moment) -> Int? {
            guard let index = index(id), members[index].run == run, members[index].activity == .scheduled,
                !isOnItsWayOut(members[index])
            else { return nil }
            members[index].began(now: now)
            return members[index].restarts
        }

        /// A child says that those after it may start.
        mutating func ready(_ id: Int, run: Int) {
            guard let index = index(id), members[index].run == run, members[index].activity == .starting else { return }
            members[index].activity = .running
            members[index].hasBeenReady = true
        }

        /// Whether a cancelled child goes on for longer than the limit, and nobody has been told yet.
        mutating func exceedsLimit(_ id: Int, run: Int, now: Moment) -> Bool {
            guard let index = index(id), members[index].run == run, !members[index].isUnresponsive,
                isOverdue(members[index], now: now)
            else { return false }
            members[index].isUnresponsive = true
            return true
        }

        /// Whether a run that ends now ends because it was told to.
        func isToldToEnd(_ id: Int) -> Bool {
            index(id).map { isOnItsWayOut(members[$0]) } ?? true
        }

        /// A run has ended.
        mutating func ended(_ id: Int, run: Int, _ end: End, now: Moment) -> Reaction {
            guard let index = index(id), members[index].run == run, members[index].isActive else { return .none }
            let wasTold = isOnItsWayOut(members[index])
            let ranFor = members[index].startedAt.map { now.elapsed(since: $0) } ?? 0
            members[index].becameInactive()
            let isFailure: Bool
            switch end {
            case .notBegun:
                members[index].ending = .stopped
                return .none
            case .returned:
                isFailure = members[index].restart == .permanent
                members[index].ending = wasTold ? .stopped : .completed
            case .refusedByShutdown:
                members[index].ending = .stopped
                isShutdownNear = true
                return .none
            case .threw(let failure):
                isFailure = members[index].restart != .temporary
                members[index].ending = wasTold ? .stopped : .failed
                members[index].lastFailure = failure
            }
            guard isFailure, !wasTold else { return .none }
            members[index].ending = .failed
            switch judge.judge(now: now) {
            case .restart: return restart(index, ranFor, wholeGroup: false)
            case .restartGroup: return restart(index, ranFor, wholeGroup: true)
            case .stop: return giveUp(.gaveUp)
            case .escalate:
                return giveUp(.escalated(child: members[index].name, restarts: members[index].restarts))
            }
        }

        private mutating func restart(_ index: Int, _ ranFor: Int64, wholeGroup: Bool) -> Reaction {
            let retry = members[index].progress.runEnded(
                after: ranFor, stableAfter: policy.stableAfter.saturatingNanoseconds)
            return .restart(retry: retry, previous: members[index].progress.previousDelay, wholeGroup: wholeGroup)
        }

        private mutating func giveUp(_ ending: Ending) -> Reaction {
            stop(ending, graceUntil: nil)
            return .gaveUp(ending)
        }

        /// Restarts a child, and those that its end affects, after a delay in nanoseconds.
        ///
        /// - Returns: Whether it will be restarted; not when it or all were stopped meanwhile.
        mutating func schedule(_ id: Int, after delay: Int64, wholeGroup: Bool, now: Moment) -> Bool {
            guard stopping == nil, let index = index(id), !members[index].isHeld else { return false }
            let notBefore = now.advanced(by: max(0, delay))
            members[index].progress.waits(delay)
            let first: Int
            switch strategy {
            case .oneForOne where !wholeGroup:
                members[index].isWanted = true
                members[index].notBefore = notBefore
                return true
            case .restForOne where !wholeGroup: first = id
            case .oneForOne, .oneForAll, .restForOne: first = 0
            }
            // A child before those that are being stopped may fail meanwhile: then its part is swept too.
            sweepFrom = min(sweepFrom ?? first, first)
            for index in members.indices where members[index].id >= first {
                // One that has not had its first run yet still gets it.
                let isOver = members[index].restart == .temporary && members[index].begun > 0
                guard !isOver, !members[index].isHeld else {
                    members[index].isWanted = false
                    continue
                }
                members[index].takeItsTurn()
                members[index].notBefore = max(members[index].notBefore, notBefore)
            }
            return true
        }

        // MARK: What to do

        /// What has to be done now.
        mutating func settle(now: Moment) -> [Action] {
            if stopping == nil, returnsWhenIdle, !isShutdownNear,
                !members.contains(where: { $0.isActive || $0.isWanted })
            {
                stopping = Stopping(ending: .completed)
            }
            if let stopping { return settleStop(stopping, now: now) }
            if let first = sweepFrom {
                if let last = members.lastIndex(where: { $0.isActive && $0.id >= first }) {
                    return cancel(last, now: now)
                }
                sweepFrom = nil
            }
            return startThoseWhoseTurnItIs()
        }

        private mutating func settleStop(_ stopping: Stopping, now: Moment) -> [Action] {
            guard let last = members.lastIndex(where: \.isActive) else { return [.finish(stopping.ending)] }
            guard let graceUntil = stopping.graceUntil, now < graceUntil, members[last].activity != .scheduled else {
                return cancel(last, now: now)
            }
            var actions: [Action] = []
            if !members[last].isAsked {
                members[last].isAsked = true
                actions.append(.ask(members[last].id, remaining: graceUntil.elapsed(since: now)))
            }
            if !stopping.isAlarmSet {
                self.stopping?.isAlarmSet = true
                actions.append(.wake(graceUntil))
            }
            return actions
        }

        private mutating func cancel(_ index: Int, now: Moment) -> [Action] {
            guard members[index].cancelledAt == nil else { return [] }
            members[index].cancelledAt = now
            return [.cancel(members[index].id)]
        }

        private mutating func startThoseWhoseTurnItIs() -> [Action] {
            var actions: [Action] = []
            var someoneBeforeIsNotReady = false
            for index in members.indices {
                let member = members[index]
                if member.isWanted, !member.isActive, member.hasBegun || !someoneBeforeIsNotReady {
                    members[index].isWanted = false
                    members[index].activity = .scheduled
                    members[index].run += 1
                    actions.append(.start(member.id, run: member.run + 1, notBefore: member.notBefore))
                }
                if member.isActive || member.isWanted, !member.hasBeenReady { someoneBeforeIsNotReady = true }
            }
            return actions
        }

        /// Removes the children that have ended and that nobody wants to know of.
        ///
        /// - Returns: Who they are.
        mutating func removeForgotten() -> [Int] {
            let isGone = { (member: Member) in member.isForgotten && !member.isActive && !member.isWanted }
            guard members.contains(where: isGone) else { return [] }
            defer { members.removeAll(where: isGone) }
            return members.filter(isGone).map(\.id)
        }

        // MARK: Questions

        var isStopping: Bool { stopping != nil }

        /// Why the supervisor is stopping or has stopped; nil while it is to run.
        var ending: Supervisor.Snapshot.Ending? {
            switch stopping?.ending {
            case nil: nil
            case .completed: .completed
            case .shutDown: .shutDown
            case .gaveUp, .escalated: .gaveUp
            case .cancelled: .cancelled
            }
        }

        /// The child of that name that is not about to be forgotten.
        func identifier(of name: String) -> Int? {
            members.first { $0.name == name && !($0.isForgotten && $0.isHeld) }?.id
        }

        func restartsInWindow(now: Moment) -> Int { judge.restartsInWindow(now: now) }

        func isOverdue(_ member: Member, now: Moment) -> Bool {
            member.isActive && member.cancelledAt.map { now.elapsed(since: $0) >= shutdownLimit } == true
        }

        private func isOnItsWayOut(_ member: Member) -> Bool {
            stopping != nil || member.isHeld || member.cancelledAt != nil || sweepFrom.map { member.id >= $0 } == true
        }

        private func index(_ id: Int) -> Int? {
            members.firstIndex { $0.id == id }
        }
    }
}
