import HTTPTypes

/// Removes what a command names, one after the other.
struct Removal {
    /// What they are, in the plural: "memories".
    let things: String
    /// What happens to them: "forgotten".
    let participle: String
    /// How long one may take.
    var timeLimit = ServerClient.timeLimit

    /// Removes them; that one cannot be removed keeps none of the others.
    ///
    /// - Parameters:
    ///   - ids: Their ids.
    ///   - server: Where they are.
    ///   - path: The path of one.
    func run(_ ids: [String], _ server: ServerOptions, path: (String) -> String) async throws {
        try await server.withClient { client in
            var failure: CommandFailure?
            for id in ids {
                do throws(CommandFailure) {
                    let answer = try await client.json(.delete, path(id), timeLimit: timeLimit)
                    server.show(answer) { _, _ in ["\(id.printable) is \(participle)."] }
                } catch {
                    guard ids.count > 1, error.status != .unreachable else { throw error }
                    Terminal.writeError("\(id.printable): \(error.message ?? "it cannot be \(participle)")")
                    failure = CommandFailure(error.status, "not all \(things) were \(participle)")
                }
            }
            if let failure { throw failure }
        }
    }
}
