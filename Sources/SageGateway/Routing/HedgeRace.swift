package import SageResilience

/// Runs a call and hedges of it as child tasks, and takes the answer that comes first.
///
/// What to send where is decided by the closures, which run on the caller's executor, one at a time; the race only
/// waits. Losers are cancelled and awaited: when the race ends nothing of it is left.
///
/// When a hedge is due is the decision of the engine's ``Hedge``: after each delay, and at once when one of several calls
/// fails. Only the failure of the last call that is left ends the race, since where to go on without any is no question
/// of hedging.
package enum HedgeRace<Value: Sendable> {
    /// One of the calls.
    package struct Leg: Sendable {
        /// Tells the calls apart: 0 for the first, then one more for each hedge.
        package let id: Int
        /// Makes the call.
        package let run: @Sendable () async throws -> Value

        /// Creates a call that has not begun.
        package init(id: Int, run: @escaping @Sendable () async throws -> Value) {
            self.id = id
            self.run = run
        }
    }

    private enum Arrival: Sendable {
        case leg(Int, Result<Value, any Error>)
        /// The timer for this moment, which fired unless its sleep was interrupted.
        case timer(Moment, fired: Bool)
    }

    /// Runs the race.
    ///
    /// - Parameters:
    ///   - first: The call itself.
    ///   - delay: After how many nanoseconds the first hedge is asked for, and each further one after the last; nil for
    ///     never.
    ///   - maxHedges: How many hedges there may be.
    ///   - timeline: Measures the delay.
    ///   - hedge: Gives the next hedge; nil when there is none, and then the race goes on with the calls it has and
    ///     asks for no more.
    ///   - failed: Told of each call that fails; gives whether the others may still answer.
    ///   - discarded: Told of an answer that came second.
    /// - Returns: The answer and whose it is; nil when all calls have failed, or one for good, of which `failed` knows.
    /// - Throws: `CancellationError` when the task is cancelled.
    package static func run(
        _ first: Leg, every delay: Int64?, maxHedges: Int, timeline: Timeline,
        hedge: () async -> Leg?, failed: (Int, any Error) -> Bool, discarded: (Int, Value) -> Void
    ) async throws -> (id: Int, value: Value)? {
        let winner: (id: Int, value: Value)? = await withTaskGroup(of: Arrival.self) { group in
            var machine = Hedge.StateMachine(
                maxCopies: maxHedges + 1, delay: delay, maxServerHint: 0, deadline: .distantFuture, now: timeline.now)
            // The one that matters is the earliest; later ones that a change of plan left behind find nothing due.
            var earliestTimer: Moment?
            var winner: (id: Int, value: Value)?
            var isOver = false
            group.addTask { await Self.arrival(of: first) }
            while true {
                while !isOver, !Task.isCancelled, let due = machine.due, due <= timeline.now {
                    let leg = await hedge()
                    guard case .send = machine.wake(now: timeline.now, reserve: { leg != nil }), let leg else { break }
                    group.addTask { await Self.arrival(of: leg) }
                }
                if !isOver, let due = machine.due, due < earliestTimer ?? .distantFuture {
                    earliestTimer = due
                    group.addTask { .timer(due, fired: (try? await timeline.sleep(until: due)) != nil) }
                }
                guard let arrival = await group.next() else { return winner }
                switch arrival {
                case .timer(let moment, let fired):
                    if moment == earliestTimer { earliestTimer = nil }
                    // A clock that fails must not be asked again and again.
                    if !fired { _ = machine.stop() }
                case .leg(let id, .success(let value)):
                    if winner == nil, !isOver { winner = (id, value) } else { discarded(id, value) }
                    isOver = true
                case .leg(let id, .failure(let error)):
                    // Losers and calls of a client that has left fail because they are told to.
                    guard !isOver, !Task.isCancelled else { continue }
                    // What the server asks for is about its target, which the caller leaves out when it is asked.
                    let mayGoOn = failed(id, error)
                    _ = machine.fail(copy: id + 1, mayGoOn ? .transient(nil) : .fatal, now: timeline.now)
                    isOver = !mayGoOn || machine.inFlight == 0
                }
                if isOver { group.cancelAll() }
            }
        }
        if winner == nil { try Task.checkCancellation() }
        return winner
    }

    private static func arrival(of leg: Leg) async -> Arrival {
        do {
            return .leg(leg.id, .success(try await leg.run()))
        } catch {
            return .leg(leg.id, .failure(error))
        }
    }
}
