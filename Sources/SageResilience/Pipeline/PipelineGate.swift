/// A policy that only admits a call and records how it ended.
///
/// Called on the call's own task. A gate that has admitted is ended exactly once, by `succeed`, `fail` or `release`.
@usableFromInline
protocol PipelineGate: AnyObject, Sendable {
    /// Which policy it is.
    var identity: PolicyIdentity { get }

    /// Its settings in a few words, for ``ResiliencePipeline/describe()``.
    var summary: String { get }

    /// Whether a call may have to wait for its admission.
    var mayWait: Bool { get }

    /// Whether the gate leaves a ticket with the call when it admits it.
    var isTicketed: Bool { get }

    /// The ticket of a call that reaches the service only now, after a wait further in.
    func restartTiming(of ticket: GateTicket) -> GateTicket

    /// The present, where the gate measures how long a call takes; nil where it does not.
    var presentForTiming: Moment? { get }

    /// How much longer the gate is known to refuse every call, in nanoseconds; nil when it may admit one.
    var refusalNanoseconds: Int64? { get }

    /// Admits the call without suspending; throws a rejection.
    ///
    /// - Returns: False, with nothing taken, when the call has to wait.
    func admit(_ call: inout PipelineCall) throws -> Bool

    /// Admits the call after ``admit(_:)`` has told it to wait.
    func admitWaiting(_ call: inout PipelineCall) async throws

    /// The service did its work.
    func succeed(_ call: inout PipelineCall)

    /// The call, or what stands further in, failed.
    func fail(_ call: inout PipelineCall, _ error: any Error)

    /// The call was not made.
    func release(_ call: inout PipelineCall)
}

/// The gates that measure nothing, never let a call wait and leave nothing with it need not say so.
extension PipelineGate {
    @usableFromInline var mayWait: Bool { false }
    @usableFromInline var isTicketed: Bool { false }
    @usableFromInline var presentForTiming: Moment? { nil }
    @usableFromInline var refusalNanoseconds: Int64? { nil }

    @usableFromInline
    func restartTiming(of ticket: GateTicket) -> GateTicket { ticket }

    @usableFromInline
    func admitWaiting(_ call: inout PipelineCall) async throws {
        _ = try admit(&call)
    }
}

/// What a gate leaves with a call: a number of its own, and when the call started.
@usableFromInline
struct GateTicket: Sendable {
    static let none = GateTicket(number: 0, startedAt: .zero)

    let number: UInt64
    let startedAt: Moment
}
