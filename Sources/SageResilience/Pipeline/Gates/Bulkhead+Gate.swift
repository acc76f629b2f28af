extension Bulkhead: PipelineGate {
    @usableFromInline var identity: PolicyIdentity { PolicyIdentity(.bulkhead, name) }
    @usableFromInline var summary: String { configuration.summary }
    @usableFromInline var mayWait: Bool { configuration.maxWait > .zero && configuration.maxQueued > 0 }

    @usableFromInline
    func admit(_ call: inout PipelineCall) throws -> Bool {
        switch admit() {
        case .admitted: return true
        case .rejected(let error): throw error
        case .mustWait: return false
        }
    }

    @usableFromInline
    func admitWaiting(_ call: inout PipelineCall) async throws { _ = try await enter() }

    @usableFromInline
    func succeed(_ call: inout PipelineCall) { leave() }

    @usableFromInline
    func fail(_ call: inout PipelineCall, _ error: any Error) { leave() }

    @usableFromInline
    func release(_ call: inout PipelineCall) { leave() }
}
