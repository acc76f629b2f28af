/// What is asked for in one turn.
struct TurnOrder: Sendable {
    /// Whose conversations these are.
    var scope: SessionScope
    /// The conversation, as the client names it.
    var sessionID: String
    var model: String
    /// Whether the answer is wanted piece by piece.
    var isStream: Bool
    /// What is looked up in memory.
    var recalls: Bool
    /// What is saved to memory.
    var saving: GatewayConfiguration.Memory.Saving
    /// The namespace of memory, as the client names it.
    var namespace: String
    /// On whose behalf models are called.
    var origin: ModelCaller.Origin
    /// Whether an interrupted turn goes on.
    var isResumed = false
}
