/// What the acknowledgement of an append promises.
///
/// With every policy what was acknowledged survives the death of the process (`kill -9`), because it has left the
/// process by then; the policies differ in what survives when the machine loses its power or the kernel stops, and in
/// PostgreSQL when the server dies.
@nonexhaustive
public enum SyncPolicy: Sendable, Hashable {
    /// Every acknowledged entry is on disk.
    case always
    /// The beginning and the end of a turn and the intent to run a tool are on disk when they are acknowledged, and with
    /// them everything before; checkpoints of a partial answer and results of tools are not yet.
    case perTurn
    /// Everything is on disk this much later at most, as long as ``ConversationStore/run(onFailure:)`` runs.
    case interval(Duration)
}
