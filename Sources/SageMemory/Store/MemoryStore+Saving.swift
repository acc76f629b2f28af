import SageResilience
import SageStorage

extension MemoryStore {
    /// Remembers a text.
    ///
    /// When this returns it is on disk. It has its vector already unless the embedder was down or too slow; then it is
    /// pending. A text that the namespace has already, character by character, is not saved again, and its metadata stay
    /// as they are.
    ///
    /// - Parameters:
    ///   - text: The text, at most ``MemoryConfiguration/maxTextBytes`` long; NUL characters are left out.
    ///   - namespace: The space it belongs to. Defaults to `default`.
    ///   - metadata: What is kept with it.
    /// - Returns: Its name, and what became of it.
    /// - Throws: ``MemoryError`` for a value that is not allowed; `StorageError` or a rejection of the database's
    ///   policies when it could not be saved; `CancellationError`.
    @discardableResult
    public func save(
        _ text: String, namespace: String = MemoryStore.defaultNamespace, metadata: [String: MetadataValue] = [:]
    ) async throws -> SavedMemory {
        let draft = try draft(NewMemory(text, namespace: namespace, metadata: metadata))
        return try await save([draft])[0]
    }

    /// Remembers several texts, all of them or none.
    ///
    /// - Parameter memories: At most ``MemoryConfiguration/maxBatchSize``.
    /// - Returns: What became of each, in the same order.
    /// - Throws: As ``save(_:namespace:metadata:)``; the field of an error has the place, for example
    ///   `memories[3].text`.
    @discardableResult
    public func saveBatch(_ memories: [NewMemory]) async throws -> [SavedMemory] {
        guard memories.count <= configuration.maxBatchSize else {
            throw MemoryError.invalid(
                field: "memories", value: "\(memories.count) memories", allowed: "at most \(configuration.maxBatchSize)"
            )
        }
        var drafts: [Draft] = []
        for (index, memory) in memories.enumerated() {
            drafts.append(try draft(memory, field: "memories[\(index)]."))
        }
        guard !drafts.isEmpty else { return [] }
        return try await save(drafts)
    }

    private struct Identity: Hashable {
        var namespace: String
        var hash: [UInt8]
    }

    private func save(_ drafts: [Draft]) async throws -> [SavedMemory] {
        // Before anything is paid for: a text that is there needs no vector.
        let ready = try await readied()
        let known = try await database.read { session in
            try drafts.map { try MemoryTables(session).find($0.namespace, $0.hash) != nil }
        }
        var fresh: [Identity: Int] = [:]
        var texts: [String] = []
        for (draft, isKnown) in zip(drafts, known) where !isKnown {
            let identity = Identity(namespace: draft.namespace, hash: draft.hash)
            if fresh[identity] == nil {
                fresh[identity] = texts.count
                texts.append(draft.text)
            }
        }
        var embedded: [UnitVector] = []
        var embedderID: Int64?
        if !texts.isEmpty, ready.vectorProblem == nil {
            do {
                embedded = try await current.embed(texts)
                embedderID = try await stored(current)?.id
            } catch let error as StorageError {
                throw error
            } catch {
                // The caller has gone: nothing was promised. Whatever else is wrong with the embedder, it can wait.
                try Task.checkCancellation()
                embedded = []
            }
        }
        let vectors = fresh.mapValues { embedderID == nil ? nil : embedded[$0] }
        let presentID = try await presentEmbedderID()
        let time = wallClock()
        return try await write { [embedderID] tables, hasTextIndex in
            try drafts.map { draft in
                let key = MemoryName.make(at: time)
                guard let id = try tables.insert(draft, key: key, at: time) else {
                    guard let found = try tables.find(draft.namespace, draft.hash) else {
                        // Deleted between the two statements by another transaction.
                        throw StorageError(
                            .serialization, store: "memory", "the same text was saved and deleted at the same time",
                            isNotDone: true)
                    }
                    return SavedMemory(id: found.key, isDuplicate: true, isPending: found.embedderID != presentID)
                }
                if hasTextIndex { try tables.indexIfPossible(draft.text, of: id) }
                guard let embedderID,
                    let vector = vectors[Identity(namespace: draft.namespace, hash: draft.hash)] ?? nil
                else { return SavedMemory(id: key, isPending: true) }
                _ = try tables.setVector(vector, of: id, embedderID: embedderID)
                return SavedMemory(id: key)
            }
        }
    }

    /// Writes, and does it again without the text index when that fails for itself.
    ///
    /// A statement that fails ends its transaction, so it cannot be passed over within one. What the index lacks then is
    /// noted, and it is built anew by ``run()`` or ``reindex(replacingVectors:onProgress:)``.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (_ tables: MemoryTables, _ hasTextIndex: Bool) throws -> Result
    ) async throws -> Result {
        do {
            return try await database.write { session in
                let tables = MemoryTables(session)
                return try body(tables, try tables.hasTextIndex())
            }
        } catch is PartFailure {
            return try await database.write { session in
                let tables = MemoryTables(session)
                try tables.noteTextGap()
                return try body(tables, false)
            }
        }
    }

    /// What the database calls the present embedder; -1 while it does not know it.
    func presentEmbedderID() async throws -> Int64 { try await readied().embedders[current.name]?.id ?? -1 }
}
