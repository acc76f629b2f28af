/// Gates in order, as a linked list of constants.
///
/// The compiler borrows a constant of an object that lives anyway, where an element of an array would have its
/// references counted twice a call: that was most of what a pipeline cost.
@usableFromInline
final class GateChain: Sendable {
    private let gate: any PipelineGate
    private let next: GateChain?

    init(_ gate: any PipelineGate, next: GateChain?) {
        self.gate = gate
        self.next = next
    }

    func admit(_ call: inout PipelineCall) throws -> Bool {
        guard try gate.admit(&call) else { return false }
        call.passed += 1
        // Not bound to a name, which would count a reference.
        return try next?.admit(&call) ?? true
    }

    func succeed(_ call: inout PipelineCall) {
        next?.succeed(&call)
        gate.succeed(&call)
    }
}
