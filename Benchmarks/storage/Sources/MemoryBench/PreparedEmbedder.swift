import SageMemory

/// An embedder that costs nothing: the first word of a text names its vector, `m7` or `q7`.
struct PreparedEmbedder: Embedder {
    let name = "prepared"
    let dimension: Int?
    let maxBatchSize = 1_000
    let memories: Numbers
    let queries: Numbers

    func embed(_ texts: [String]) async throws -> [[Float]] {
        texts.map { text in
            let word = text.prefix { $0 != " " }
            let index = Int(word.dropFirst()) ?? 0
            return word.first == "m"
                ? memories.rows[index % memories.rows.count] : queries.rows[index % queries.rows.count]
        }
    }
}
