import SageStorage

extension MemoryStore {
    /// Brings the tables to the present version.
    func migrate() async throws {
        try await database.connect()
        try await MemorySchema.migrations.apply(to: database, now: wallClock)
    }

    /// Makes the table of vectors in PostgreSQL, if it can have one.
    func prepareVectors(_ ready: inout Ready) async throws {
        guard database.dialect == .postgres else { return }
        do {
            let version = try await database.write { session in
                // One process at a time: two that make an extension at once disturb each other.
                _ = try session.fetch("SELECT pg_advisory_xact_lock(hashtext('sage_memory_vectors'))")
                let find = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
                if try session.fetchValue(find).isNull {
                    try session.executeScript("CREATE EXTENSION IF NOT EXISTS vector")
                }
                try session.executeScript(MemorySchema.postgresVectors)
                return try session.fetchValue(find).text ?? ""
            }
            let numbers = version.split(separator: ".").compactMap { Int($0) }
            ready.scansIteratively = !numbers.lexicographicallyPrecedes([0, 8])
        } catch let error as StorageError where error.problem.isLackOfVectors {
            ready.vectorProblem = error
        }
    }

    /// Looks whether pgvector has been installed meanwhile.
    func retryVectors() async throws {
        guard try await readied().vectorProblem != nil else { return }
        try await prepare()
    }
}

extension StorageError.Problem {
    /// Whether it means that there can be no vectors, rather than that there is no database.
    var isLackOfVectors: Bool {
        switch self {
        case .extensionMissing, .privilege, .statement, .readOnly: true
        default: false
        }
    }
}
