extension ClientThrottle: PipelineGate {
    @usableFromInline var identity: PolicyIdentity { PolicyIdentity(.clientThrottle, name) }
    @usableFromInline var summary: String { configuration.summary }
    @usableFromInline var isTicketed: Bool { true }

    @usableFromInline
    func admit(_ call: inout PipelineCall) throws -> Bool {
        let ticket = try admit(now: timeline.isContinuous ? call.continuousPresent : timeline.now)
        call.push(GateTicket(number: 0, startedAt: Moment(nanoseconds: ticket.bucketEnd)))
        return true
    }

    @usableFromInline
    func succeed(_ call: inout PipelineCall) { recordSuccess(ticket(&call)) }

    @usableFromInline
    func fail(_ call: inout PipelineCall, _ error: any Error) { recordFailure(ticket(&call), error) }

    @usableFromInline
    func release(_ call: inout PipelineCall) { release(ticket(&call)) }

    private func ticket(_ call: inout PipelineCall) -> Ticket {
        Ticket(bucketEnd: call.popTicket().ticket.startedAt.nanoseconds)
    }
}
