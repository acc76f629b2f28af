extension AdaptiveLimiter: PipelineGate {
    @usableFromInline var identity: PolicyIdentity { PolicyIdentity(.adaptiveLimiter, name) }
    @usableFromInline var summary: String { configuration.summary }
    @usableFromInline var isTicketed: Bool { true }
    @usableFromInline var presentForTiming: Moment? { measuresTime ? timeline.now : nil }

    @usableFromInline
    func restartTiming(of ticket: GateTicket) -> GateTicket {
        GateTicket(restartTiming(of: Ticket(ticket)))
    }

    @usableFromInline
    func admit(_ call: inout PipelineCall) throws -> Bool {
        call.push(GateTicket(try admit()))
        return true
    }

    @usableFromInline
    func succeed(_ call: inout PipelineCall) {
        let (ticket, timedUntil) = call.popTicket()
        recordSuccess(Ticket(ticket), timedUntil: timedUntil)
    }

    @usableFromInline
    func fail(_ call: inout PipelineCall, _ error: any Error) {
        recordFailure(Ticket(call.popTicket().ticket), error)
    }

    @usableFromInline
    func release(_ call: inout PipelineCall) {
        release(Ticket(call.popTicket().ticket))
    }
}

// A pipeline names no partition, so that the generation and the load are all there is to keep.
extension GateTicket {
    fileprivate init(_ ticket: AdaptiveLimiter.Ticket) {
        self.init(number: UInt64(ticket.generation) << 16 | UInt64(ticket.inFlight), startedAt: ticket.startedAt)
    }
}

extension AdaptiveLimiter.Ticket {
    fileprivate init(_ ticket: GateTicket) {
        self.init(
            generation: UInt16(truncatingIfNeeded: ticket.number >> 16), inFlight: Int(ticket.number & 0xffff),
            partition: -1, startedAt: ticket.startedAt)
    }
}
