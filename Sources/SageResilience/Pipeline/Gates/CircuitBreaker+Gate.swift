extension CircuitBreaker: PipelineGate {
    @usableFromInline var identity: PolicyIdentity { PolicyIdentity(.circuitBreaker, name) }
    @usableFromInline var summary: String { configuration.summary }
    @usableFromInline var mayWait: Bool { configuration.halfOpenMaxQueued > 0 }
    @usableFromInline var isTicketed: Bool { true }
    @usableFromInline var presentForTiming: Moment? { timeline.now }

    @usableFromInline
    var refusalNanoseconds: Int64? {
        read { machine, now in
            switch machine.state {
            case .open: machine.openUntil.elapsed(since: now)
            case .forcedOpen: .max
            case .closed, .halfOpen, .disabled, .metricsOnly: nil
            }
        }
    }

    @usableFromInline
    func restartTiming(of ticket: GateTicket) -> GateTicket {
        GateTicket(restartTiming(of: Ticket(ticket)))
    }

    @usableFromInline
    func admit(_ call: inout PipelineCall) throws -> Bool {
        switch tryAdmit() {
        case .admitted(let ticket): call.push(GateTicket(ticket))
        case .rejected(let error): throw error
        case .mustWait: return false
        }
        return true
    }

    @usableFromInline
    func admitWaiting(_ call: inout PipelineCall) async throws {
        call.push(GateTicket(try await admitWaiting()))
    }

    @usableFromInline
    func succeed(_ call: inout PipelineCall) {
        let (ticket, timedUntil) = call.popTicket()
        recordSuccess(Ticket(ticket), timedUntil: timedUntil)
    }

    @usableFromInline
    func fail(_ call: inout PipelineCall, _ error: any Error) {
        let (ticket, timedUntil) = call.popTicket()
        recordFailure(Ticket(ticket), error, timedUntil: timedUntil)
    }

    @usableFromInline
    func release(_ call: inout PipelineCall) {
        release(Ticket(call.popTicket().ticket))
    }
}

extension GateTicket {
    fileprivate init(_ ticket: CircuitBreaker.Ticket) {
        self.init(number: ticket.generation, startedAt: ticket.startedAt)
    }
}

extension CircuitBreaker.Ticket {
    fileprivate init(_ ticket: GateTicket) {
        self.init(generation: ticket.number, startedAt: ticket.startedAt)
    }
}
