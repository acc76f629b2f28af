/// How much is measured.
struct Size: Sendable {
    /// How often everything takes its turn.
    var rounds: Int
    /// How many appends a writer makes in a round.
    var appends: Int
    /// How many entries the conversation has that is loaded.
    var entries: Int
    /// How many conversations the store has that is listed.
    var sessions: Int
    /// How many statements one figure takes in a round.
    var statements: Int

    static let full = Size(rounds: 7, appends: 150, entries: 10_000, sessions: 10_000, statements: 2_000)
    /// Shows that everything works; the figures mean nothing.
    static let quick = Size(rounds: 1, appends: 3, entries: 200, sessions: 120, statements: 20)
}
