extension RateLimiter: PipelineGate {
    @usableFromInline var identity: PolicyIdentity { PolicyIdentity(.rateLimiter, name) }
    @usableFromInline var summary: String { configuration.summary }
    @usableFromInline var mayWait: Bool { configuration.maxWait > .zero && configuration.maxQueued > 0 }

    @usableFromInline
    func admit(_ call: inout PipelineCall) throws -> Bool {
        switch admit(now: isContinuous ? call.continuousPresent : timeline.now) {
        case .admitted: return true
        case .rejected(let error): throw error
        case .mustWait: return false
        }
    }

    @usableFromInline
    func admitWaiting(_ call: inout PipelineCall) async throws { try await acquire() }

    @usableFromInline
    func succeed(_ call: inout PipelineCall) {}

    @usableFromInline
    func fail(_ call: inout PipelineCall, _ error: any Error) { recordFailure(error) }

    @usableFromInline
    func release(_ call: inout PipelineCall) {}
}
