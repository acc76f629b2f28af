/// Turns texts into vectors, so that texts of similar meaning have vectors of similar direction.
///
/// A ``MemoryStore`` guards it with a time limit and a circuit breaker, so it need not repeat anything itself.
public protocol Embedder: Sendable {
    /// What tells its vectors from others', for example `openai/text-embedding-3-small`.
    ///
    /// Stored with each vector: vectors of different names are never compared, and a new name makes the store embed
    /// everything anew. So it has to change with the model, and with the dimension where that can be chosen.
    var name: String { get }
    /// How many numbers a vector has; nil when that is not known before the first one.
    ///
    /// Once a store has seen a vector of a name, all of that name must be as long.
    var dimension: Int? { get }
    /// How many texts one call takes. Defaults to 64.
    var maxBatchSize: Int { get }
    /// How many bytes of UTF-8 of one text are embedded; the rest of a longer one is cut off. Defaults to 16,384.
    var maxTextBytes: Int { get }

    /// Embeds texts.
    ///
    /// - Parameter texts: 1 to ``maxBatchSize`` texts, none of them empty.
    /// - Returns: As many vectors, in the same order. Their lengths do not matter, only their directions do.
    /// - Throws: Whatever went wrong; a `ClassifiedError` says whose fault it is. Texts that it refuses through the
    ///   caller's fault are put aside, everything else is tried again.
    func embed(_ texts: [String]) async throws -> [[Float]]
}

extension Embedder {
    /// Not known before the first vector.
    public var dimension: Int? { nil }
    /// 64 texts a call.
    public var maxBatchSize: Int { 64 }
    /// 16 KiB of each text.
    public var maxTextBytes: Int { 16_384 }
}
