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
