/// The statements that a connection keeps prepared, the least recently used one given up for a new one.
///
/// A value without any connection.
struct PostgresStatements: Sendable {
    /// A prepared statement.
    struct Statement: Sendable, Hashable {
        /// The name by which the server knows it.
        let name: String
        /// How many parameters it takes.
        let parameters: Int
        /// Whether all columns of its result are read in binary format.
        let isBinary: Bool
    }

    private struct Entry {
        let statement: Statement
        var lastUse: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    /// - Parameter capacity: The most statements, 1 or more.
    init(capacity: Int) { self.capacity = capacity }

    var count: Int { entries.count }

    /// The statement of a text, which counts as a use.
    mutating func find(_ sql: String) -> Statement? {
        uses += 1
        guard let index = entries.index(forKey: sql) else { return nil }
        entries.values[index].lastUse = uses
        return entries.values[index].statement
    }

    /// A name that no statement of the connection has had.
    mutating func newName() -> String {
        names += 1
        return "s\(names)"
    }

    /// Gives up the least recently used statement if there is no room for another one.
    ///
    /// - Returns: The name that the server has to forget.
    mutating func makeRoom() -> String? {
        guard entries.count >= capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
            return nil
        }
        entries.removeValue(forKey: oldest.key)
        return oldest.value.statement.name
    }

    mutating func insert(_ sql: String, _ statement: Statement) {
        uses += 1
        entries[sql] = Entry(statement: statement, lastUse: uses)
    }

    mutating func removeAll() { entries.removeAll() }
}
