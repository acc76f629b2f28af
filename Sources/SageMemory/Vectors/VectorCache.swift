import SageStorage
import Synchronization

/// The vectors that SQLite's memories are searched by, in memory, one table for each embedder and namespace.
///
/// A table is read at the first search. Each later one begins, in the transaction in which it searches, with what other
/// connections and processes have added and deleted since: added vectors have greater numbers, deleted ones are noted in
/// the database. So a search sees exactly what its transaction sees. When the tables exceed the limit, those that have
/// not been used for longest go. Thread-safe; used on the threads of connections.
final class VectorCache: Sendable {
    /// What a table holds.
    struct Space: Sendable, Hashable {
        /// The embedder, as the database knows it.
        var embedder: StoredEmbedder
        /// The namespace.
        var namespace: String
    }

    private final class Cell: Sendable {
        let content: Mutex<Content>
        init(_ space: Space) { content = Mutex(Content(table: VectorTable(dimension: space.embedder.dimension))) }
    }

    private struct Content: Sendable {
        var table: VectorTable
        var lastVector: Int64 = 0
        var lastGone: Int64 = 0
        var isLoaded = false
    }

    private struct Cells: Sendable {
        var cells: [Space: (cell: Cell, bytes: Int, used: UInt64)] = [:]
        var uses: UInt64 = 0
        var bytes = 0
    }

    private let limit: Int
    private let cells = Mutex(Cells())

    /// Creates an empty cache.
    ///
    /// - Parameter limit: How many bytes all tables may take.
    init(limit: Int) { self.limit = limit }

    /// How many bytes the tables take, about.
    var bytes: Int { cells.withLock { $0.bytes } }

    /// The table of a space as the transaction sees it; nil when it is too large to be held.
    func table(_ space: Space, _ session: any SQLSession) throws(StorageError) -> VectorTable? {
        let cell = cells.withLock { cells in
            cells.uses += 1
            let cell = cells.cells[space]?.cell ?? Cell(space)
            cells.cells[space, default: (cell, 0, 0)].used = cells.uses
            return cell
        }
        // One search reads a new table, the others wait for it rather than read it too.
        let table = try cell.content.withLock { content throws(StorageError) -> VectorTable? in
            try synchronize(&content, space, session) ? content.table : nil
        }
        account(space, cell, bytes: table.map { $0.bytes + 1_024 } ?? 0)
        return table
    }

    /// Brings a table to the state that the transaction sees.
    ///
    /// - Returns: Whether it fits into memory.
    private func synchronize(
        _ content: inout Content, _ space: Space, _ session: any SQLSession
    ) throws(StorageError) -> Bool {
        if content.isLoaded, !(try removeGone(&content, space, session)) || content.table.isSparse {
            content = Content(table: VectorTable(dimension: space.embedder.dimension))
        }
        let parameters: [SQLValue] = [
            .integer(space.embedder.id), .text(space.namespace), .integer(content.lastVector),
        ]
        if !content.isLoaded {
            let count = try session.fetchValue(
                """
                SELECT count(*) FROM sage_memory_vectors WHERE embedder_id = $1 AND namespace = $2 AND id > $3
                """, parameters
            ).integer
            let bytes = VectorTable.bytes(count: Int(count ?? 0), dimension: space.embedder.dimension)
            guard bytes <= limit else { return false }
            content.lastGone = try lastGone(session)
            content.isLoaded = true
        }
        do {
            try session.forEachRow(
                """
                SELECT id, vector FROM sage_memory_vectors WHERE embedder_id = $1 AND namespace = $2 AND id > $3
                ORDER BY id
                """, parameters
            ) { row throws(StorageError) in
                guard let id = row[0].integer, let vector = row[1].blob else { return true }
                content.table.append(id, bytes: vector)
                content.lastVector = id
                return true
            }
        } catch {
            // Half of it was read: the next search begins anew.
            content = Content(table: VectorTable(dimension: space.embedder.dimension))
            throw error
        }
        guard content.table.bytes <= limit else {
            content = Content(table: VectorTable(dimension: space.embedder.dimension))
            return false
        }
        return true
    }

    /// Takes out what was deleted since; false when the notes do not reach back far enough.
    private func removeGone(
        _ content: inout Content, _ space: Space, _ session: any SQLSession
    ) throws(StorageError) -> Bool {
        let last = try lastGone(session)
        // An older transaction than the one before: what it still sees and the table has lost is searched for in vain.
        guard last > content.lastGone else { return true }
        let first = try session.fetchValue("SELECT min(id) FROM sage_memory_gone").integer
        guard let first, first <= content.lastGone + 1 else { return false }
        try session.forEachRow(
            "SELECT vector_id FROM sage_memory_gone WHERE id > $1 AND embedder_id = $2 AND namespace = $3 ORDER BY id",
            [.integer(content.lastGone), .integer(space.embedder.id), .text(space.namespace)]
        ) { row throws(StorageError) in
            if let id = row[0].integer { content.table.remove(id) }
            return true
        }
        content.lastGone = last
        return true
    }

    /// The number of the last note that was ever made.
    private func lastGone(_ session: any SQLSession) throws(StorageError) -> Int64 {
        try session.fetchValue("SELECT seq FROM sqlite_sequence WHERE name = 'sage_memory_gone'").integer ?? 0
    }

    /// Writes down what a table takes, and lets others go while all together take too much.
    private func account(_ space: Space, _ cell: Cell, bytes: Int) {
        cells.withLock { cells in
            guard let known = cells.cells[space], known.cell === cell else { return }
            cells.bytes += bytes - known.bytes
            if bytes == 0 {
                cells.cells[space] = nil
            } else {
                cells.cells[space]?.bytes = bytes
            }
            guard cells.bytes > limit else { return }
            for (old, entry) in cells.cells.sorted(by: { $0.value.used < $1.value.used }) where old != space {
                cells.cells[old] = nil
                cells.bytes -= entry.bytes
                if cells.bytes <= limit { return }
            }
        }
    }
}
