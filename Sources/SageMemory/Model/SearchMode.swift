/// How memories are looked for.
public enum SearchMode: String, Sendable, Hashable, CaseIterable {
    /// By vectors and by words, joined by reciprocal rank fusion.
    case hybrid
    /// By vectors alone; by words where the embedder is down.
    case vector
    /// By words alone.
    case text
}
