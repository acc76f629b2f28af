extension Supervisor {
    /// What the state machine knows of one child.
    struct Member: Sendable {
        enum Activity: Sendable, Hashable {
            /// There is no task.
            case none
            /// The task exists; it waits out its backoff or has not got to run yet.
            case scheduled
            /// The operation runs and is not ready yet.
            case starting
            case running
        }

        /// How the last run ended.
        enum Ending: Sendable, Hashable {
            case notStarted
            case completed
            case failed
            case stopped
        }

        /// What is kept of an error: never the error itself, which may hold requests or credentials.
        struct Failure: Sendable {
            let moment: Moment
            let errorType: any Error.Type
            let errorClass: ErrorClass
        }

        /// Grows with the order of start.
        let id: Int
        let name: String
        let restart: Child.Restart
        let signalsReady: Bool
        /// Whether nobody wants to know of it once it has ended.
        var isForgotten: Bool

        var activity = Activity.none
        var ending = Ending.notStarted
        /// The number of the present or last run; what comes from an earlier one changes nothing.
        var run = 0
        /// Runs that have begun since the supervisor started.
        var begun = 0

        /// Whether it is to be started when its turn comes.
        var isWanted = true
        /// Whether it was stopped by hand.
        var isHeld = false
        /// Whether it has begun, and become ready, since it was started in its turn.
        var hasBegun = false
        var hasBeenReady = false

        var startedAt: Moment?
        var notBefore = Moment.zero
        var isAsked = false
        var cancelledAt: Moment?
        var isUnresponsive = false
        var progress = BackoffProgress()
        var lastFailure: Failure?

        init(id: Int, _ name: String, restart: Child.Restart, signalsReady: Bool, isForgotten: Bool = false) {
            self.id = id
            self.name = name
            self.restart = restart
            self.signalsReady = signalsReady
            self.isForgotten = isForgotten
        }

        var isActive: Bool { activity != .none }
        var restarts: Int { max(0, begun - 1) }

        /// Forgets everything that belongs to an earlier run of the supervisor, but for the last failure.
        mutating func reset() {
            ending = .notStarted
            begun = 0
            notBefore = .zero
            progress = BackoffProgress()
            takeItsTurn()
            isWanted = !isHeld
        }

        /// From now on it starts after those before it.
        mutating func takeItsTurn() {
            isWanted = true
            hasBegun = false
            hasBeenReady = false
        }

        /// Its operation is about to be called.
        mutating func began(now: Moment) {
            isWanted = false
            activity = signalsReady ? .starting : .running
            begun = begun.addingSaturating(1)
            hasBegun = true
            if !signalsReady { hasBeenReady = true }
            startedAt = now
        }

        mutating func becameInactive() {
            activity = .none
            startedAt = nil
            isAsked = false
            cancelledAt = nil
            isUnresponsive = false
        }
    }
}
