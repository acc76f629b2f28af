import SageStorage

extension MemoryStore {
    /// A memory by its name; nil when there is none, whatever the name.
    ///
    /// - Throws: `StorageError` or a rejection of the database's policies.
    public func get(_ id: String) async throws -> Memory? {
        guard MemoryStore.canBeName(id) else { return nil }
        let presentID = try await presentEmbedderID()
        return try await database.read { session in
            try MemoryTables(session).row(key: id).map { row in
                Memory(
                    id: row.key, text: row.text, namespace: row.namespace,
                    metadata: JSONText.decodeMetadata(row.metadata), createdAt: row.createdAt,
                    isPending: row.embedderID != presentID)
            }
        }
    }

    /// Forgets a memory.
    ///
    /// - Returns: Whether there was one.
    /// - Throws: `StorageError` or a rejection of the database's policies.
    @discardableResult
    public func delete(_ id: String) async throws -> Bool {
        guard MemoryStore.canBeName(id) else { return false }
        _ = try await readied()
        return try await write { tables, hasTextIndex in
            let row = try tables.session.fetchRow("SELECT id FROM sage_memories WHERE key = $1", [.text(id)])
            guard let number = row?[0].integer else { return false }
            return try tables.delete([number], hasTextIndex: hasTextIndex) > 0
        }
    }

    /// Forgets all memories of a namespace.
    ///
    /// In steps of a thousand, so that others can write meanwhile: after an error some are gone and some are not, and
    /// calling again goes on.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``MemoryError``, `StorageError` or a rejection of the database's policies.
    @discardableResult
    public func deleteNamespace(_ namespace: String) async throws -> Int {
        try check(namespace: namespace)
        _ = try await readied()
        var deleted = 0
        while true {
            try Task.checkCancellation()
            let (found, count) = try await write { tables, hasTextIndex in
                let rows = try tables.session.fetch(
                    "SELECT id FROM sage_memories WHERE namespace = $1 LIMIT 1000", [.text(namespace)])
                guard !rows.isEmpty else { return (0, 0) }
                return (rows.count, try tables.delete(rows.compactMap { $0[0].integer }, hasTextIndex: hasTextIndex))
            }
            deleted += count
            if found == 0 { return deleted }
        }
    }

    /// Forgets the memories that a filter lets pass.
    ///
    /// In steps of a thousand, so that others can write meanwhile: after an error some are gone and some are not, and
    /// calling again goes on. Without an index for it, every memory is looked at.
    ///
    /// - Parameters:
    ///   - filter: Which memories.
    ///   - isIncluded: Whether those of a namespace are meant. Defaults to all.
    /// - Returns: How many there were.
    /// - Throws: ``MemoryError``, `StorageError` or a rejection of the database's policies.
    @discardableResult
    public func delete(
        matching filter: MemoryFilter, inNamespaces isIncluded: @Sendable (String) -> Bool = { _ in true }
    ) async throws -> Int {
        try check(filter)
        let terms = try FilterTerms(filter)
        _ = try await readied()
        let found = try await database.read { session in
            try session.fetch(
                "SELECT m.id, m.namespace FROM sage_memories m WHERE \(terms.condition(session.dialect, first: 1))",
                terms.parameters)
        }
        var rest = found.filter { isIncluded($0[1].text ?? "") }.compactMap { $0[0].integer }[...]
        var deleted = 0
        while !rest.isEmpty {
            try Task.checkCancellation()
            let batch = Array(rest.prefix(1_000))
            rest = rest.dropFirst(1_000)
            deleted += try await write { tables, hasTextIndex in try tables.delete(batch, hasTextIndex: hasTextIndex) }
        }
        return deleted
    }

    /// How many memories there are, and how many wait for a vector.
    ///
    /// - Throws: `StorageError` or a rejection of the database's policies.
    public func counts() async throws -> MemoryCounts {
        _ = try await readied()
        let name = current.name
        return try await database.read { session in
            let embedders = try MemoryTables(session).embedders()
            let names = Dictionary(embedders.map { ($0.value.id, $0.key) }) { first, _ in first }
            var (all, byEmbedder) = (0, [String: Int]())
            for row in try session.fetch("SELECT embedder_id, count(*) FROM sage_memories GROUP BY embedder_id") {
                let count = Int(row[1].integer ?? 0)
                all += count
                if let embedder = names[row[0].integer ?? 0] { byEmbedder[embedder] = count }
            }
            return MemoryCounts(
                memories: all, pending: all - (byEmbedder[name] ?? 0), byEmbedder: byEmbedder, embedder: name)
        }
    }

    /// Whether a text can be the name of a memory at all; what cannot is asked of no database.
    private static func canBeName(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count) && !id.utf8.contains(0)
    }
}
