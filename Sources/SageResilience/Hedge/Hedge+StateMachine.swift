extension Hedge {
    /// The decisions of one hedged call, as a value.
    ///
    /// The rules are those of gRPC (proposal A6). Copies are numbered from 1, which is the call itself, the *primary*.
    package struct StateMachine: Sendable {
        /// What to do next.
        package enum Step: Sendable, Hashable {
            /// Nothing, until a copy ends or ``StateMachine/due`` comes.
            case wait
            /// Start the copy with this number, and ask again.
            case send(copy: Int)
            /// The call ends with the error of this copy; cancel the others.
            case fail(copy: Int)
            /// The call ends because its caller was cancelled while nothing was in flight.
            case cancelled
        }

        /// How a copy failed, reduced to what a decision needs.
        package enum Failure: Sendable, Hashable {
            /// Another copy may succeed.
            case transient(ServerHint?)
            /// Nothing is known: the copy is out, but neither speaks for another nor against those in flight.
            case unknown
            /// A policy refused the copy: it is out, and more would be refused too.
            case rejected
            /// Every copy fails in this way.
            case fatal
        }

        private let maxCopies: Int
        private let delay: Int64?
        private let maxServerHint: Int64
        private let start: Moment
        private let deadline: Moment
        private var mayStillSend: Bool
        private var hasPrimaryEnded = false
        /// How many copies have been started, the primary included.
        private(set) var sent = 1
        /// How many of them have not ended.
        package private(set) var inFlight = 1
        /// When the next copy is to be sent unless something happens before; nil for never.
        package private(set) var due: Moment?

        /// The state of a call whose primary starts now.
        ///
        /// - Parameters:
        ///   - maxCopies: How many copies may be started, the primary included.
        ///   - delay: The nanoseconds between two copies; nil when only an error sends another.
        ///   - maxServerHint: The longest wait that a server may ask for, in nanoseconds.
        ///   - deadline: From when on no copy is sent.
        ///   - now: The present.
        package init(maxCopies: Int, delay: Int64?, maxServerHint: Int64, deadline: Moment, now: Moment) {
            self.maxCopies = maxCopies
            self.delay = delay
            self.maxServerHint = maxServerHint
            self.start = now
            self.deadline = deadline
            self.mayStillSend = maxCopies > 1
            schedule(delay.map(now.advanced))
        }

        /// Sends the next copy if it is due.
        ///
        /// - Parameters:
        ///   - now: The present.
        ///   - reserve: Asks the budget for one copy; called only when nothing else is in the way.
        package mutating func wake(now: Moment, reserve: () -> Bool) -> Step {
            guard let due, due <= now else { return .wait }
            guard now < deadline, reserve() else { return stop() }
            sent += 1
            inFlight += 1
            schedule(delay.map(now.advanced))
            return .send(copy: sent)
        }

        /// A copy has failed.
        ///
        /// After ``Step/wait`` ask ``wake(now:reserve:)``: the next copy may be due at once.
        package mutating func fail(copy: Int, _ failure: Failure, now: Moment) -> Step {
            inFlight -= 1
            if copy == 1 { hasPrimaryEnded = true }
            switch failure {
            case .fatal: return .fail(copy: copy)
            case .rejected: return stop()
            case .unknown: return inFlight == 0 ? stop() : .wait
            case .transient(let hint?):
                guard let wait = hint.minimumWait else { return stop() }
                let nanoseconds = max(0, wait.saturatingNanoseconds)
                guard nanoseconds <= maxServerHint else { return stop() }
                schedule(now.advanced(by: nanoseconds))
            case .transient(nil):
                schedule(now)
            }
            return inFlight == 0 && due == nil ? stop() : .wait
        }

        /// Sends no further copies, and waits for those in flight.
        package mutating func stop() -> Step {
            mayStillSend = false
            due = nil
            return inFlight == 0 ? .fail(copy: 1) : .wait
        }

        /// The caller was cancelled, and all copies with it: waits for them.
        mutating func cancel() -> Step {
            let isIdle = inFlight == 0
            _ = stop()
            return isIdle ? .cancelled : .wait
        }

        /// What a call that succeeded says about the duration of calls.
        ///
        /// When another copy has won, the primary would have taken longer than it was given: its time until then is a
        /// lower bound. It is not below the delay, so the percentile that the delay comes from sees a slow call, as it
        /// should; without it the delay would shrink with every hedge that wins.
        ///
        /// - Returns: The duration of the primary in nanoseconds; nil when it has failed before.
        func sample(now: Moment) -> Int64? {
            hasPrimaryEnded ? nil : now.elapsed(since: start)
        }

        private mutating func schedule(_ moment: Moment?) {
            guard mayStillSend, sent < maxCopies, let moment, moment < deadline else {
                due = nil
                return
            }
            due = moment
        }
    }
}
