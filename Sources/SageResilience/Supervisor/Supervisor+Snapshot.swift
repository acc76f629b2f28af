extension Child {
    /// What a child does at one moment.
    @nonexhaustive
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It waits for its turn, or is not ready yet.
        case starting
        /// It runs.
        case running
        /// It has failed and waits to be started again.
        case backingOff = "backing_off"
        /// It was asked to end or cancelled, and has not ended yet.
        case stopping
        /// It was stopped, or the supervisor does not run.
        case stopped
        /// It has returned and will not be started again.
        case completed
        /// It has failed and will not be started again.
        case failed
    }

    /// What is known of a failure: never the error itself or its text, which may hold secrets.
    public struct Failure: Sendable, Hashable {
        /// How long ago it was.
        public let age: Duration
        /// The name of the error's type.
        public let errorType: String
        /// What kind of failure it was.
        public let errorClass: ErrorClass
    }

    /// A child's state and history at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// The child's name.
        public let name: String
        /// When it is started again.
        public let restart: Restart
        /// What it does.
        public let state: State
        /// How often it was started again since the supervisor started.
        public let restarts: Int
        /// The last error it threw; nil when it never did.
        public let lastFailure: Failure?
        /// How long its operation has run; nil when it does not.
        public let uptime: Duration?
        /// How long until it is started again; nil unless it backs off.
        public let restartsIn: Duration?
        /// Whether it goes on although it was cancelled longer than the limit ago.
        public let isUnresponsive: Bool
        private let nested: [Supervisor.Snapshot]

        /// The supervisor that runs as this child; nil when it is none.
        public var supervisor: Supervisor.Snapshot? { nested.first }

        init(
            name: String, restart: Restart, state: State, restarts: Int, lastFailure: Failure?, uptime: Duration?,
            restartsIn: Duration? = nil, isUnresponsive: Bool = false, supervisor: Supervisor.Snapshot? = nil
        ) {
            self.name = name
            self.restart = restart
            self.state = state
            self.restarts = restarts
            self.lastFailure = lastFailure
            self.uptime = uptime
            self.restartsIn = restartsIn
            self.isUnresponsive = isUnresponsive
            self.nested = supervisor.map { [$0] } ?? []
        }

        func with(_ supervisor: Supervisor.Snapshot) -> Snapshot {
            Snapshot(
                name: name, restart: restart, state: state, restarts: restarts, lastFailure: lastFailure,
                uptime: uptime, restartsIn: restartsIn, isUnresponsive: isUnresponsive, supervisor: supervisor)
        }
    }
}

extension Supervisor {
    /// A supervisor and its children at one moment.
    public struct Snapshot: Sendable, Hashable {
        /// What a supervisor does.
        @nonexhaustive
        public enum State: String, Sendable, Hashable, CaseIterable {
            /// It is not running.
            case stopped
            /// It runs its children.
            case running
            /// It stops its children and will return.
            case stopping
        }

        /// Why a supervisor stops.
        @nonexhaustive
        public enum Ending: String, Sendable, Hashable, CaseIterable {
            /// All children have ended for good.
            case completed
            /// Somebody shut it down.
            case shutDown = "shut_down"
            /// A child failed more often than allowed.
            case gaveUp = "gave_up"
            /// The task that ran it was cancelled.
            case cancelled
        }

        /// The supervisor's name.
        public let name: String
        /// Which children it restarts together.
        public let strategy: Strategy
        /// What it does.
        public let state: State
        /// Why it is stopping or its last run has ended; nil before its first run, and while it runs its children.
        public let ending: Ending?
        /// How long it has run; nil when it does not.
        public let uptime: Duration?
        /// The restarts that count against the intensity.
        public let restartsInWindow: Int
        /// The children, in the order in which they start.
        public let children: [Child.Snapshot]

        /// The child of a name; nil when there is none.
        public subscript(child name: String) -> Child.Snapshot? {
            children.first { $0.name == name }
        }
    }
}

extension Supervisor.Member {
    func snapshot(isOverdue: Bool, now: Moment) -> Child.Snapshot {
        let remaining = notBefore.elapsed(since: now)
        return Child.Snapshot(
            name: name, restart: restart, state: state(remaining: remaining), restarts: restarts,
            lastFailure: lastFailure?.report(now: now), uptime: startedAt.map { .nanoseconds(now.elapsed(since: $0)) },
            restartsIn: state(remaining: remaining) == .backingOff ? .nanoseconds(remaining) : nil,
            isUnresponsive: isUnresponsive || isOverdue)
    }

    private func state(remaining: Int64) -> Child.State {
        if isActive, isAsked || cancelledAt != nil { return .stopping }
        switch activity {
        case .running: return .running
        case .starting: return .starting
        case .scheduled: return remaining > 0 ? .backingOff : .starting
        case .none where isWanted: return remaining > 0 ? .backingOff : .starting
        case .none: break
        }
        switch ending {
        case .notStarted, .stopped: return .stopped
        case .completed: return .completed
        case .failed: return .failed
        }
    }
}

extension Supervisor.Member.Failure {
    init(_ error: any Error, _ classifier: ErrorClassifier, now: Moment) {
        self.init(moment: now, errorType: type(of: error), errorClass: classifier.classify(error).errorClass)
    }

    func report(now: Moment) -> Child.Failure {
        Child.Failure(
            age: .nanoseconds(now.elapsed(since: moment)), errorType: "\(errorType)", errorClass: errorClass)
    }
}

extension Supervisor.StateMachine {
    func snapshot(name: String, startedAt: Moment?, now: Moment) -> Supervisor.Snapshot {
        Supervisor.Snapshot(
            name: name, strategy: strategy,
            state: startedAt == nil ? .stopped : isStopping ? .stopping : .running, ending: ending,
            uptime: startedAt.map { .nanoseconds(now.elapsed(since: $0)) },
            restartsInWindow: restartsInWindow(now: now),
            children: members.map { member in
                var member = member
                // What waits for the supervisor to run is not starting yet.
                if startedAt == nil { member.isWanted = false }
                return member.snapshot(isOverdue: isOverdue(member, now: now), now: now)
            })
    }
}
