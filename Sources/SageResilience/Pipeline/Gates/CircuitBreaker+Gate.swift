extension CircuitBreaker: PipelineGate {
    @usableFromInline
    var identity: PolicyIdentity { PolicyIdentity(.circuitBreaker, name) }

    @usableFromInline
    var summary: String { configuration.summary }

    @usableFromInline
    var mayWait: Bool { false }

    @usableFromInline
    func admit(_ call: inout PipelineCall) throws -> Bool {
        call.push(try admit())
        return true
    }

    @usableFromInline
    func admitWaiting(_ call: inout PipelineCall) async throws {
        call.push(try admit())
    }

    @usableFromInline
    func succeed(_ call: inout PipelineCall) {
        let (ticket, timedUntil) = call.popTicket()
        recordSuccess(ticket, timedUntil: timedUntil)
    }

    @usableFromInline
    func fail(_ call: inout PipelineCall, _ error: any Error) {
        let (ticket, timedUntil) = call.popTicket()
        recordFailure(ticket, error, timedUntil: timedUntil)
    }

    @usableFromInline
    func release(_ call: inout PipelineCall) {
        release(call.popTicket().ticket)
    }
}
