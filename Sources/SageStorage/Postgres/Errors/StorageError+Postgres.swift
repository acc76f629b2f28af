extension StorageError {
    /// A failure of PostgreSQL as an error of a store.
    ///
    /// - Parameters:
    ///   - failure: What was said.
    ///   - store: The name of the store.
    ///   - remedy: What is known for a remedy.
    ///   - isNotDone: Whether the transaction certainly had no effect. Defaults to true: as long as a commit was not
    ///     sent, the server undoes whatever happened.
    init(_ failure: PostgresFailure, store: String, _ remedy: PostgresRemedy, isNotDone: Bool = true) {
        let problem = failure.problem
        self.init(
            problem, store: store, problem == .value ? Self.withoutValues(failure.message) : failure.message,
            remedy: remedy.remedy(for: failure), code: failure.sqlState, isNotDone: isNotDone)
    }

    /// Messages about values quote them: `invalid input syntax for type bigint: "..."`.
    private static func withoutValues(_ message: String) -> String {
        let parts = message.split(separator: "\"", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts.first else { return message }
        let end = parts[1].lastIndex(of: "\"").map { parts[1][parts[1].index(after: $0)...] } ?? ""
        return first + "\"...\"" + end
    }
}
