package import SageStorage

/// The tables of memory.
///
/// `sage_memories` has the texts, `sage_memory_vectors` at most one vector of each, `sage_memory_text` the terms by which
/// words find it. `embedder_id` of a memory is that of its vector, 0 while it has none, so the pending ones are those
/// whose number is not the present embedder's.
enum MemorySchema {
    /// The steps that lead to the tables.
    static let migrations = Migrations("memory", [Migration("memories", sqlite: sqlite, postgres: postgres)])

    /// SQLite notes each deleted vector, so that other processes take it out of their memory.
    private static let sqlite = """
        CREATE TABLE sage_memory_settings (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE sage_memory_embedders (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, dimension INTEGER NOT NULL);
        CREATE TABLE sage_memories (
            id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, hash BLOB NOT NULL,
            created_at INTEGER NOT NULL, embedder_id INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            due_at INTEGER NOT NULL DEFAULT 0, metadata TEXT NOT NULL, text TEXT NOT NULL, UNIQUE (namespace, hash));
        CREATE INDEX sage_memories_by_embedder ON sage_memories (embedder_id, due_at, id);
        CREATE INDEX sage_memories_by_namespace ON sage_memories (namespace, embedder_id);
        CREATE TABLE sage_memory_vectors (
            id INTEGER PRIMARY KEY AUTOINCREMENT, memory_id INTEGER NOT NULL UNIQUE, embedder_id INTEGER NOT NULL,
            namespace TEXT NOT NULL, vector BLOB NOT NULL);
        CREATE INDEX sage_memory_vectors_by_space ON sage_memory_vectors (embedder_id, namespace, id);
        CREATE TABLE sage_memory_gone (
            id INTEGER PRIMARY KEY AUTOINCREMENT, vector_id INTEGER NOT NULL, embedder_id INTEGER NOT NULL,
            namespace TEXT NOT NULL);
        CREATE TRIGGER sage_memory_vectors_deleted AFTER DELETE ON sage_memory_vectors BEGIN
            INSERT INTO sage_memory_gone (vector_id, embedder_id, namespace)
            VALUES (old.id, old.embedder_id, old.namespace);
        END;
        CREATE TRIGGER sage_memories_deleted AFTER DELETE ON sage_memories BEGIN
            DELETE FROM sage_memory_vectors WHERE memory_id = old.id;
        END;
        \(sqliteText);
        """

    /// The text index of SQLite.
    ///
    /// The terms are this module's, so its tokenizer only has to split at spaces. It is written in the transaction of the
    /// memory, but by no trigger: an index that is damaged must keep nobody from saving and deleting.
    static let sqliteText = """
        CREATE VIRTUAL TABLE sage_memory_text USING fts5 (terms, tokenize = 'unicode61 remove_diacritics 0')
        """

    private static let postgres = """
        CREATE TABLE sage_memory_settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE sage_memory_embedders (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE, dimension BIGINT NOT NULL);
        CREATE TABLE sage_memories (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL,
            hash BYTEA NOT NULL, created_at BIGINT NOT NULL, embedder_id BIGINT NOT NULL,
            attempts BIGINT NOT NULL DEFAULT 0, due_at BIGINT NOT NULL DEFAULT 0, metadata JSONB NOT NULL,
            text TEXT NOT NULL, UNIQUE (namespace, hash));
        CREATE INDEX sage_memories_by_embedder ON sage_memories (embedder_id, due_at, id);
        CREATE INDEX sage_memories_by_namespace ON sage_memories (namespace, embedder_id);
        CREATE TABLE sage_memory_text (
            memory_id BIGINT PRIMARY KEY REFERENCES sage_memories (id) ON DELETE CASCADE, terms TSVECTOR NOT NULL);
        CREATE INDEX sage_memory_text_by_terms ON sage_memory_text USING gin (terms);
        """

    /// The vectors of PostgreSQL, for which the extension has to be there.
    static let postgresVectors = """
        CREATE TABLE IF NOT EXISTS sage_memory_vectors (
            id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            memory_id BIGINT NOT NULL UNIQUE REFERENCES sage_memories (id) ON DELETE CASCADE,
            embedder_id BIGINT NOT NULL, namespace TEXT NOT NULL, vector vector NOT NULL);
        CREATE INDEX IF NOT EXISTS sage_memory_vectors_by_space ON sage_memory_vectors (embedder_id, namespace);
        """

    /// The index of one embedder's vectors in PostgreSQL; nil for vectors that are too long for one.
    static func postgresIndex(embedderID: Int64, dimension: Int) -> String? {
        guard let type = PostgresVectorType(dimension: dimension) else { return nil }
        return """
            CREATE INDEX IF NOT EXISTS sage_memory_vectors_hnsw_\(embedderID) ON sage_memory_vectors
            USING hnsw ((vector::\(type.name)(\(dimension))) \(type.name)_cosine_ops) WHERE embedder_id = \(embedderID)
            """
    }
}

/// What pgvector's HNSW index keeps of a vector.
enum PostgresVectorType {
    /// Single precision, up to 2,000 numbers.
    case vector
    /// Half precision, up to 4,000 numbers; what is found is compared again in single precision.
    case halfvec

    /// The type for a dimension; nil when no index takes it, and searches compare all vectors.
    init?(dimension: Int) {
        switch dimension {
        case ...2_000: self = .vector
        case ...4_000: self = .halfvec
        default: return nil
        }
    }

    /// The name in SQL.
    var name: String {
        switch self {
        case .vector: "vector"
        case .halfvec: "halfvec"
        }
    }
}

extension MemoryStore {
    /// The schema of the store, to examine a database without changing it.
    package static var schema: Migrations { MemorySchema.migrations }
}
