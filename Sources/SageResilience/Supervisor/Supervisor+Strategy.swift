extension Supervisor {
    /// Which children are restarted together, as in Erlang.
    @nonexhaustive
    public enum Strategy: String, Sendable, Hashable, CaseIterable {
        /// Only the one that failed.
        case oneForOne = "one_for_one"
        /// All of them: none can go on without the others.
        case oneForAll = "one_for_all"
        /// The one that failed and those that were started after it, which build on it.
        case restForOne = "rest_for_one"
    }
}
