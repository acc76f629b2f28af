/// A text that is remembered.
public struct Memory: Sendable, Hashable {
    /// The name by which it is found again; opaque.
    public let id: String
    /// The text.
    public let text: String
    /// The space it belongs to; searches never leave theirs.
    public let namespace: String
    /// What was kept with it.
    public let metadata: [String: MetadataValue]
    /// When it was saved, in milliseconds since 1970.
    public let createdAt: Int64
    /// Whether it has no vector of the present embedder yet, so that only its words find it.
    public let isPending: Bool

    /// Creates a memory, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - id: The name by which it is found again.
    ///   - text: The text.
    ///   - namespace: The space it belongs to.
    ///   - metadata: What was kept with it.
    ///   - createdAt: When it was saved, in milliseconds since 1970.
    ///   - isPending: Whether it has no vector of the present embedder yet.
    public init(
        id: String, text: String, namespace: String, metadata: [String: MetadataValue] = [:], createdAt: Int64,
        isPending: Bool = false
    ) {
        self.id = id
        self.text = text
        self.namespace = namespace
        self.metadata = metadata
        self.createdAt = createdAt
        self.isPending = isPending
    }
}

/// What is to be remembered.
public struct NewMemory: Sendable, Hashable {
    /// The text.
    public var text: String
    /// The space it belongs to.
    public var namespace: String
    /// What is kept with it.
    public var metadata: [String: MetadataValue]

    /// Creates what is to be remembered.
    ///
    /// - Parameters:
    ///   - text: The text; NUL characters are left out.
    ///   - namespace: The space it belongs to. Defaults to `default`.
    ///   - metadata: What is kept with it. Defaults to nothing.
    public init(
        _ text: String, namespace: String = MemoryStore.defaultNamespace, metadata: [String: MetadataValue] = [:]
    ) {
        self.text = text
        self.namespace = namespace
        self.metadata = metadata
    }
}

/// What became of a text that was saved.
public struct SavedMemory: Sendable, Hashable {
    /// The memory's name; that of the earlier one for a duplicate.
    public let id: String
    /// Whether the namespace had exactly this text already; nothing was changed then.
    public let isDuplicate: Bool
    /// Whether it has no vector yet, because the embedder was down; it gets one later.
    public let isPending: Bool

    /// Creates a result, for tests of what handles it.
    ///
    /// - Parameters:
    ///   - id: The memory's name.
    ///   - isDuplicate: Whether the namespace had exactly this text already.
    ///   - isPending: Whether it has no vector yet.
    public init(id: String, isDuplicate: Bool = false, isPending: Bool = false) {
        self.id = id
        self.isDuplicate = isDuplicate
        self.isPending = isPending
    }
}
