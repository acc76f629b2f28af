/// One step of a store's schema, from the version before it to its own.
///
/// Once it has been released it must never change; what is to be different comes in a further step.
public struct Migration: Sendable {
    /// What a step does.
    enum Work: Sendable {
        case scripts(sqlite: String, postgres: String)
        case closure(revision: String, @Sendable (any SQLSession) throws -> Void)
    }

    /// What the step is for, in a few words.
    public let title: String
    let work: Work

    /// Creates a step from statements that both databases understand.
    ///
    /// - Parameters:
    ///   - title: What the step is for, in a few words.
    ///   - sql: Statements separated by semicolons.
    public init(_ title: String, sql: String) {
        self.init(title, sqlite: sql, postgres: sql)
    }

    /// Creates a step from statements in the language of each database.
    ///
    /// - Parameters:
    ///   - title: What the step is for, in a few words.
    ///   - sqlite: Statements for SQLite, separated by semicolons.
    ///   - postgres: Statements for PostgreSQL, separated by semicolons.
    public init(_ title: String, sqlite: String, postgres: String) {
        self.title = title
        self.work = .scripts(sqlite: sqlite, postgres: postgres)
    }

    /// Creates a step that computes something.
    ///
    /// - Parameters:
    ///   - title: What the step is for, in a few words.
    ///   - revision: Stands for the closure in the checksum; change it with the closure, before the step is released.
    ///   - body: Runs in the transaction of the migration; it may run more than once.
    public init(
        _ title: String, revision: String = "1", _ body: @escaping @Sendable (any SQLSession) throws -> Void
    ) {
        self.title = title
        self.work = .closure(revision: revision, body)
    }

    func run(_ session: any SQLSession) throws {
        switch work {
        case .scripts(let sqlite, let postgres):
            try session.executeScript(session.dialect == .sqlite ? sqlite : postgres)
        case .closure(_, let body):
            try body(session)
        }
    }

    /// A number that changes when the step is edited, differently for each database.
    package func checksum(_ dialect: SQLDialect) -> Int64 {
        var hash = FNV1a()
        hash.add(title)
        switch work {
        case .scripts(let sqlite, let postgres): hash.add(dialect == .sqlite ? sqlite : postgres)
        case .closure(let revision, _): hash.add(revision)
        }
        return hash.value
    }
}

/// The 64-bit hash FNV-1a of Fowler, Noll and Vo: the same in every process, and enough to notice an edit.
private struct FNV1a {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        // Ends the part, so that text cannot move from one to the next unnoticed.
        add(0xff)
    }

    private mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }

    var value: Int64 { Int64(bitPattern: hash) }
}
