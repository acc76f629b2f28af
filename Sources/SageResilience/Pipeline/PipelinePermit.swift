/// The right to make one call through the gates of a pipeline, to be ended exactly once.
///
/// The compiler sees to it that a permit is used at most once; one that is dropped counts as ignored.
public struct PipelinePermit: ~Copyable, Sendable {
    private let held: SharedPipelinePermit

    init(_ ring: PipelineRing) async throws {
        var call = PipelineCall()
        do {
            if try !call.start(ring) { try await call.admitWaiting(ring) }
        } catch {
            call.release(ring)
            throw error
        }
        held = SharedPipelinePermit([HeldCall(ring: ring, call: call)])
    }

    /// Records that the service did its work.
    public consuming func succeed() { held.succeed() }

    /// Records an error, as each policy classifies it.
    public consuming func fail(_ error: any Error) { held.fail(error) }

    /// Gives everything back without a verdict.
    public consuming func ignore() { held.ignore() }

    /// Turns the permit into a reference that can be captured, for example by a stream.
    public consuming func shared() -> SharedPipelinePermit { held }
}

/// A call that has been admitted by the gates of a ring.
struct HeldCall: Sendable {
    let ring: PipelineRing
    var call: PipelineCall
}
