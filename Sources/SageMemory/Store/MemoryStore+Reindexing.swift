import SageStorage

extension MemoryStore {
    /// Builds the text index anew and embeds what waits for a vector.
    ///
    /// Searches and saves go on meanwhile; a search says what it has to do without. What was interrupted, ``run()`` or the
    /// next call finishes.
    ///
    /// - Parameters:
    ///   - replacingVectors: Whether memories that have a vector of the present embedder get a new one too. Defaults to
    ///     false.
    ///   - onProgress: Called after each batch of vectors.
    /// - Returns: What became of the vectors.
    /// - Throws: `StorageError`, a rejection of the database's policies, or `CancellationError`.
    @discardableResult
    public func reindex(
        replacingVectors: Bool = false, onProgress: @Sendable (EmbeddingProgress) -> Void = { _ in }
    ) async throws -> EmbeddingProgress {
        // The present embedder is the one that counts, whoever started last.
        try await prepare()
        try await database.write { session in
            let tables = MemoryTables(session)
            if tables.isSQLite {
                try session.executeScript("DROP TABLE IF EXISTS sage_memory_text; \(MemorySchema.sqliteText);")
            } else {
                try session.execute("DELETE FROM sage_memory_text")
            }
            try tables.set(MemoryTables.rebuildSetting, "0")
            try session.execute("UPDATE sage_memories SET due_at = 0, attempts = 0 WHERE due_at > 0")
            // A number that no embedder has: without a vector of the present one, but after those that have none.
            if replacingVectors { try session.execute("UPDATE sage_memories SET embedder_id = 0") }
        }
        try await finishTextRebuild()
        return try await embedPending(onProgress: onProgress)
    }

    /// Goes on with a rebuild of the text index until it is whole.
    func finishTextRebuild() async throws {
        _ = try await readied()
        while try await rebuildTextStep() { try Task.checkCancellation() }
    }

    /// - Returns: Whether there is more to do.
    private func rebuildTextStep() async throws -> Bool {
        guard
            try await database.read({ session in
                try MemoryTables(session).setting(MemoryTables.rebuildSetting) != nil
            })
        else { return false }
        return try await database.write { session in
            let tables = MemoryTables(session)
            guard let setting = try tables.setting(MemoryTables.rebuildSetting) else { return false }
            if setting == MemoryTables.damaged {
                try session.executeScript("DROP TABLE IF EXISTS sage_memory_text; \(MemorySchema.sqliteText);")
            }
            var cursor = Int64(setting) ?? 0
            let rows = try session.fetch(
                "SELECT id, text FROM sage_memories WHERE id > $1 ORDER BY id LIMIT 500", [.integer(cursor)])
            for row in rows {
                guard let id = row[0].integer, let text = row[1].text else { continue }
                if tables.isSQLite {
                    try session.execute("DELETE FROM sage_memory_text WHERE rowid = $1", [.integer(id)])
                }
                try tables.index(text, of: id)
                cursor = id
            }
            try tables.set(MemoryTables.rebuildSetting, rows.isEmpty ? nil : "\(cursor)")
            return !rows.isEmpty
        }
    }
}
