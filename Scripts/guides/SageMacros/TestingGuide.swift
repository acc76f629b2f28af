private struct ConnectionLost: Error {}
private struct BrokenConnection: Sendable {}

private struct ConversationStore: Sendable {
    let connection: BrokenConnection

    func save(_ turn: String) async throws {}
}
