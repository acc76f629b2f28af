import SageStorage

/// The statements of memory, on a connection inside of a transaction.
struct MemoryTables {
    let session: any SQLSession

    init(_ session: any SQLSession) { self.session = session }

    var isSQLite: Bool { session.dialect == .sqlite }

    // MARK: Embedders

    /// The embedders that there are vectors of, by name.
    func embedders() throws(StorageError) -> [String: StoredEmbedder] {
        var found: [String: StoredEmbedder] = [:]
        for row in try session.fetch("SELECT name, id, dimension FROM sage_memory_embedders") {
            guard let name = row[0].text, let id = row[1].integer, let dimension = row[2].integer else { continue }
            found[name] = StoredEmbedder(id: id, dimension: Int(dimension))
        }
        return found
    }

    /// Makes an embedder known, with the index for its vectors; the dimension of one that is known already stays.
    func register(_ name: String, dimension: Int) throws(StorageError) -> StoredEmbedder? {
        try session.execute(
            "INSERT INTO sage_memory_embedders (name, dimension) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            [.text(name), .integer(Int64(dimension))])
        let found = try embedders()[name]
        if let found, !isSQLite,
            let index = MemorySchema.postgresIndex(embedderID: found.id, dimension: found.dimension)
        {
            try session.executeScript(index)
        }
        return found
    }

    // MARK: Memories

    /// The memory with exactly this text; its name and the embedder of its vector.
    func find(_ namespace: String, _ hash: [UInt8]) throws(StorageError) -> (key: String, embedderID: Int64)? {
        let row = try session.fetchRow(
            "SELECT key, embedder_id FROM sage_memories WHERE namespace = $1 AND hash = $2",
            [.text(namespace), .blob(hash)])
        guard let row, let key = row[0].text, let embedderID = row[1].integer else { return nil }
        return (key, embedderID)
    }

    /// Inserts a memory; nil when its text is there already.
    func insert(_ draft: MemoryStore.Draft, key: String, at time: Int64) throws(StorageError) -> Int64? {
        let metadata = isSQLite ? "$5" : "$5::text::jsonb"
        let rows = try session.fetch(
            """
            INSERT INTO sage_memories (key, namespace, hash, created_at, embedder_id, metadata, text)
            VALUES ($1, $2, $3, $4, 0, \(metadata), $6) ON CONFLICT (namespace, hash) DO NOTHING RETURNING id
            """,
            [
                .text(key), .text(draft.namespace), .blob(draft.hash), .integer(time), .text(draft.metadata),
                .text(draft.text),
            ])
        return rows.first?[0].integer
    }

    /// The numbers of memories as a parameter for `numbers(in:)`.
    static func list(_ ids: some Sequence<Int64>) -> SQLValue {
        .text("[\(ids.map(String.init).joined(separator: ","))]")
    }

    /// A subquery for the numbers that are listed in a parameter, so that the text of a statement stays the same.
    func numbers(in parameter: String) -> String {
        isSQLite
            ? "(SELECT value FROM json_each(\(parameter)))"
            : "(SELECT value::bigint FROM jsonb_array_elements_text(\(parameter)::text::jsonb))"
    }

    /// Memories by their numbers.
    func rows(_ ids: [Int64]) throws(StorageError) -> [Int64: Row] {
        var found: [Int64: Row] = [:]
        let metadata = isSQLite ? "metadata" : "metadata::text"
        let rows = try session.fetch(
            """
            SELECT id, key, namespace, created_at, embedder_id, \(metadata), text FROM sage_memories
            WHERE id IN \(numbers(in: "$1"))
            """, [Self.list(ids)])
        for row in rows {
            guard let id = row[0].integer, let value = Row(row) else { continue }
            found[id] = value
        }
        return found
    }

    /// The memory of a name.
    func row(key: String) throws(StorageError) -> Row? {
        let metadata = isSQLite ? "metadata" : "metadata::text"
        return try session.fetchRow(
            "SELECT id, key, namespace, created_at, embedder_id, \(metadata), text FROM sage_memories WHERE key = $1",
            [.text(key)]
        ).flatMap(Row.init)
    }

    /// A row of memories.
    struct Row: Sendable {
        var id: Int64
        var key: String
        var namespace: String
        var createdAt: Int64
        var embedderID: Int64
        var metadata: String
        var text: String

        init?(_ row: SQLRow) {
            guard let id = row[0].integer, let key = row[1].text, let namespace = row[2].text,
                let createdAt = row[3].integer, let embedderID = row[4].integer, let metadata = row[5].text,
                let text = row[6].text
            else { return nil }
            self.id = id
            self.key = key
            self.namespace = namespace
            self.createdAt = createdAt
            self.embedderID = embedderID
            self.metadata = metadata
            self.text = text
        }
    }

    // MARK: Vectors

    /// Gives a memory its vector, in place of an earlier one.
    ///
    /// - Returns: Whether the memory is still there.
    func setVector(_ vector: UnitVector, of id: Int64, embedderID: Int64) throws(StorageError) -> Bool {
        // First, so that the memory cannot be deleted meanwhile.
        let changed = try session.execute(
            "UPDATE sage_memories SET embedder_id = $1, attempts = 0, due_at = 0 WHERE id = $2",
            [.integer(embedderID), .integer(id)])
        guard changed > 0 else { return false }
        try session.execute("DELETE FROM sage_memory_vectors WHERE memory_id = $1", [.integer(id)])
        let value = isSQLite ? "$3" : "$3::text::vector"
        try session.execute(
            """
            INSERT INTO sage_memory_vectors (memory_id, embedder_id, namespace, vector)
            SELECT id, CAST($1 AS BIGINT), namespace, \(value) FROM sage_memories WHERE id = $2
            """, [.integer(embedderID), .integer(id), isSQLite ? .blob(vector.bytes) : .text(vector.text)])
        return true
    }

    /// How many deleted vectors SQLite keeps a note of; who has missed more reads everything anew.
    static let maxGone: Int64 = 10_000

    /// Forgets notes of deleted vectors that are older than the last so many.
    func trimGone() throws(StorageError) {
        guard isSQLite else { return }
        try session.execute(
            "DELETE FROM sage_memory_gone WHERE id <= (SELECT max(id) FROM sage_memory_gone) - $1",
            [.integer(Self.maxGone)])
    }

    // MARK: Text

    /// Puts a text into the text index.
    func index(_ text: String, of id: Int64) throws(StorageError) {
        let terms = SearchTerms.indexed(text)
        if isSQLite {
            try session.execute(
                "INSERT INTO sage_memory_text (rowid, terms) VALUES ($1, $2)",
                [.integer(id), .text(terms.joined(separator: " "))])
        } else {
            try session.execute(
                """
                INSERT INTO sage_memory_text (memory_id, terms) VALUES ($1, $2::text::tsvector)
                ON CONFLICT (memory_id) DO UPDATE SET terms = excluded.terms
                """,
                [.integer(id), .text(SearchTerms.tsvector(terms))])
        }
    }

    /// Puts a text into the text index; SQLite's may be damaged, which keeps nobody from saving.
    ///
    /// - Throws: `StorageError`, or ``PartFailure`` when it is the index that fails.
    func indexIfPossible(_ text: String, of id: Int64) throws {
        try textPart { () throws(StorageError) in try index(text, of: id) }
    }

    private func textPart(_ body: () throws(StorageError) -> Void) throws {
        do throws(StorageError) {
            try body()
        } catch {
            guard isSQLite, error.problem.isLackOfIndex else { throw error }
            throw PartFailure(part: .text, error: error)
        }
    }

    /// Whether the text index takes anything: it is not waiting to be made anew.
    func hasTextIndex() throws(StorageError) -> Bool {
        guard isSQLite else { return true }
        return try setting(Self.rebuildSetting) != Self.damaged
    }

    /// The setting that names the embedder which all memories are to have.
    ///
    /// The process that started last decides, so that two with different embedders do not replace each other's vectors
    /// for ever.
    static let embedderSetting = "embedder"
    /// The setting that says how far the text index has been rebuilt; none while it is whole.
    static let rebuildSetting = "text_rebuild"

    /// The value of that setting for an index that has to be made anew first.
    static let damaged = "damaged"

    /// Notes that the text index is damaged, so that it is built anew.
    func noteTextGap() throws(StorageError) { try set(Self.rebuildSetting, Self.damaged) }

    /// A setting.
    func setting(_ name: String) throws(StorageError) -> String? {
        try session.fetchValue("SELECT value FROM sage_memory_settings WHERE name = $1", [.text(name)]).text
    }

    /// Changes a setting; nil removes it.
    func set(_ name: String, _ value: String?) throws(StorageError) {
        guard let value else {
            try session.execute("DELETE FROM sage_memory_settings WHERE name = $1", [.text(name)])
            return
        }
        try session.execute(
            """
            INSERT INTO sage_memory_settings (name, value) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """, [.text(name), .text(value)])
    }

    /// Deletes memories with all that belongs to them.
    ///
    /// - Parameters:
    ///   - ids: Their numbers.
    ///   - hasTextIndex: Whether SQLite's text index is to forget them; PostgreSQL's does so by itself.
    /// - Throws: `StorageError`, or ``PartFailure`` when it is the text index that fails.
    func delete(_ ids: [Int64], hasTextIndex: Bool) throws -> Int {
        let list = Self.list(ids)
        if isSQLite, hasTextIndex {
            try textPart { () throws(StorageError) in
                try session.execute("DELETE FROM sage_memory_text WHERE rowid IN \(numbers(in: "$1"))", [list])
            }
        }
        let count = try session.execute("DELETE FROM sage_memories WHERE id IN \(numbers(in: "$1"))", [list])
        try trimGone()
        return count
    }
}

extension StorageError.Problem {
    /// Whether it means that an index is missing or damaged, rather than the database.
    var isLackOfIndex: Bool {
        switch self {
        case .statement, .corrupt, .extensionMissing, .privilege, .constraint, .other: true
        default: false
        }
    }
}
