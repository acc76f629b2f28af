import Synchronization

/// One call on its way through a ``PipelineRing``, and what it holds at the gates.
///
/// A small value inside the call's frame. It does not hold the ring, whose count of references would cost more than
/// the rest of the call; two tickets need no allocation.
@usableFromInline
struct PipelineCall: Sendable {
    /// The gates that have admitted the call; they are the first of the list.
    var passed = 0
    /// The tickets that they have left.
    private var ticketCount = 0
    private var firstTicket = GateTicket.none
    private var secondTicket = GateTicket.none
    /// The present, read at most once an attempt for all gates that live in continuous time.
    private var now = Int64.min
    private var startedAt = Moment.zero
    private var overflow: Overflow?

    /// What few calls need: that of a third ticket, of a failed attempt, or of a stream.
    private final class Overflow: Sendable {
        let tickets = Mutex<[GateTicket]>([])
        let session = Mutex<RetryPolicy.Session?>(nil)
        /// Until when the durations count, by ticket.
        let timedUntil = Mutex<[Moment?]>([])
    }

    @usableFromInline
    init() {}

    // MARK: Admission

    /// Admits the call and its first attempt.
    ///
    /// - Returns: Whether the attempt may begin; when not, ``admitWaiting(_:)`` is next.
    @usableFromInline
    mutating func start(_ ring: PipelineRing) throws -> Bool {
        if ring.measuresTotalTime { startedAt = ring.retry?.timeline.now ?? .zero }
        ring.budget?.beginCall()
        return try ring.chain?.admit(&self) ?? true
    }

    /// Asks the gates that are left, in order, until one refuses or wants the call to wait.
    ///
    /// - Returns: Whether all have admitted.
    @usableFromInline
    mutating func admit(_ ring: PipelineRing) throws -> Bool {
        now = .min
        while passed < ring.gates.count {
            guard try ring.gates[passed].admit(&self) else { return false }
            passed += 1
        }
        return true
    }

    /// What an attempt after the first one finds in ``CallContext``.
    @usableFromInline
    var context: CallContext {
        overflow?.session.withLock { $0?.nextContext } ?? CallContext.current
    }

    /// Goes on with the admission where it has to wait.
    @usableFromInline
    mutating func admitWaiting(_ ring: PipelineRing) async throws {
        repeat {
            try await ring.gates[passed].admitWaiting(&self)
            passed += 1
            restartTiming(ring)
        } while try !admit(ring)
    }

    /// Lets the durations begin now: a wait in a queue of our own says nothing about the service.
    private mutating func restartTiming(_ ring: PipelineRing) {
        forEachTicket(ring) { call, gate, index in
            call[ticket: index] = gate.restartTiming(of: call[ticket: index])
        }
    }

    /// The present of gates that live in continuous time.
    var continuousPresent: Moment {
        mutating get {
            if now == .min { now = ContinuousTime.now.nanoseconds }
            return Moment(nanoseconds: now)
        }
    }

    // MARK: End

    /// Records the attempt and the call as successful.
    @usableFromInline
    mutating func succeed(_ ring: PipelineRing) {
        // A result that comes after the limit has fired is lost, and the service was too slow. Outside a pipeline's own
        // limit the question would cost more than the rest of the call.
        if ring.isTimeLimited, CancellationCause.current == .timeLimit { return fail(ring, CancellationError()) }
        ring.chain?.succeed(&self)
        if let attempts = overflow?.session.withLock({ $0?.attemptSucceeded() }) {
            ring.budget?.endCall()
            ring.retry?.emitter?.emit(.retrySucceeded(attempts: attempts))
        } else {
            ring.budget?.endSuccessfulCall()
        }
    }

    /// Records the attempt and the call as failed.
    mutating func fail(_ ring: PipelineRing, _ error: any Error) {
        unwind(ring, to: 0) { $1.fail(&$0, error) }
        end(ring)
    }

    /// Gives everything back without a verdict.
    mutating func release(_ ring: PipelineRing) {
        unwind(ring, to: 0) { $1.release(&$0) }
        end(ring)
    }

    /// Records a failed attempt, and waits until the next one is due, or throws because there is none.
    @usableFromInline
    mutating func recover(_ ring: PipelineRing, from error: any Error) async throws {
        // A call that was not made says nothing to the gates that had let it through.
        let isMade = passed == ring.gates.count
        guard let retry = ring.retry, passed >= ring.outerCount else {
            if isMade { fail(ring, error) } else { release(ring) }
            throw error
        }
        unwind(ring, to: ring.outerCount) { isMade ? $1.fail(&$0, error) : $1.release(&$0) }
        let overflow = makeOverflow()
        var session = overflow.session.withLock { $0.take() } ?? RetryPolicy.Session(retry, startedAt: startedAt)
        do {
            let refusals = ring.gates[ring.outerCount...].lazy.compactMap(\.refusalNanoseconds)
            try await session.wait(after: error, refusedFor: refusals.max() ?? 0)
            overflow.session.withLock { [session] in $0 = session }
        } catch {
            fail(ring, error)
            throw error
        }
    }

    private mutating func unwind(
        _ ring: PipelineRing, to count: Int, _ body: (inout PipelineCall, any PipelineGate) -> Void
    ) {
        while passed > count {
            passed -= 1
            body(&self, ring.gates[passed])
        }
    }

    private func end(_ ring: PipelineRing) {
        overflow?.session.withLock { $0?.attemptEnded() }
        ring.budget?.endCall()
    }

    // MARK: Durations

    /// Ends the durations now although the call goes on; only the first time counts.
    mutating func stopTiming(_ ring: PipelineRing) {
        let overflow = makeOverflow()
        guard overflow.timedUntil.withLock({ $0.isEmpty }) else { return }
        forEachTicket(ring) { _, gate, _ in
            let now = gate.presentForTiming
            overflow.timedUntil.withLock { $0.append(now) }
        }
    }

    private mutating func forEachTicket(
        _ ring: PipelineRing, _ body: (inout PipelineCall, any PipelineGate, Int) -> Void
    ) {
        var index = 0
        for gate in ring.gates[..<passed] where gate.isTicketed {
            body(&self, gate, index)
            index += 1
        }
    }

    // MARK: Tickets

    /// Keeps the ticket of one more gate.
    mutating func push(_ ticket: GateTicket) {
        if ticketCount < 2 {
            self[ticket: ticketCount] = ticket
        } else {
            makeOverflow().tickets.withLock { $0.append(ticket) }
        }
        ticketCount += 1
    }

    /// The ticket of the innermost gate that has not ended, and until when its duration counts.
    mutating func popTicket() -> (ticket: GateTicket, timedUntil: Moment?) {
        ticketCount -= 1
        let ticket = self[ticket: ticketCount]
        guard let overflow else { return (ticket, nil) }
        if ticketCount >= 2 { _ = overflow.tickets.withLock { $0.removeLast() } }
        return (ticket, overflow.timedUntil.withLock { $0.popLast() ?? nil })
    }

    private subscript(ticket index: Int) -> GateTicket {
        get {
            switch index {
            case 0: firstTicket
            case 1: secondTicket
            default: overflow?.tickets.withLock { $0[index - 2] } ?? .none
            }
        }
        set {
            switch index {
            case 0: firstTicket = newValue
            case 1: secondTicket = newValue
            default: overflow?.tickets.withLock { $0[index - 2] = newValue }
            }
        }
    }

    private mutating func makeOverflow() -> Overflow {
        if let overflow { return overflow }
        let new = Overflow()
        overflow = new
        return new
    }
}
