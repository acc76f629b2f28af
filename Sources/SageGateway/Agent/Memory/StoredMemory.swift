import SageLLM
import SageMemory

/// The store of memory as turns use it.
struct StoredMemory: TurnMemory {
    let store: MemoryStore

    func recall(
        _ query: String, k: Int, mode: GatewayConfiguration.Memory.Mode, minSimilarity: Double?, namespace: String
    ) async throws -> (items: [RecalledMemory.Item], degraded: [Degradation]) {
        // A long message is looked up by its beginning.
        let query = String(decoding: query.utf8.prefix(8_192), as: UTF8.self)
        let found = try await store.search(query, k: k, mode: mode.searchMode, namespace: namespace)
        let words = TellingWords(query)
        // A rank is no relevance: in an empty room everybody is the nearest.
        let isRelevant = { (match: SearchResult.Match) in
            guard let minSimilarity else { return true }
            if let similarity = match.similarity, similarity >= minSimilarity { return true }
            return mode != .vector && words.areShared(by: match.text)
        }
        let items = found.results.filter(isRelevant).map { match in
            RecalledMemory.Item(
                id: match.id, text: match.text, score: match.score, metadata: JSONValue(match.metadata))
        }
        return (items, found.degraded.map { Degradation(what: "memory.\($0.what.rawValue)", why: $0.why) })
    }

    func save(_ text: String, namespace: String, metadata: [String: JSONValue]) async throws -> SavedMemory {
        let saved = try await store.save(
            text, namespace: namespace, metadata: metadata.mapValues { MetadataValue($0) })
        return SavedMemory(id: saved.id, isDuplicate: saved.isDuplicate, isPending: saved.isPending)
    }
}

extension GatewayConfiguration.Memory.Mode {
    var searchMode: SearchMode {
        switch self {
        case .hybrid: .hybrid
        case .vector: .vector
        case .text: .text
        }
    }
}

extension MetadataValue {
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .string(let text): self = .string(text)
        case .array(let items): self = .array(items.map { MetadataValue($0) })
        case .object(let members):
            self = .object(Dictionary(members.map { ($0.key, MetadataValue($0.value)) }) { _, later in later })
        default:
            if let number = json.intValue {
                self = .integer(Int64(number))
            } else {
                self = json.doubleValue.map { .number($0) } ?? .null
            }
        }
    }
}

extension JSONValue {
    init(_ metadata: [String: MetadataValue]) {
        var members = JSONObject()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { members[key] = JSONValue(value) }
        self = .object(members)
    }

    private init(_ value: MetadataValue) {
        self =
            switch value {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .integer(let number): .integer(number)
            case .number(let number): .number(number)
            case .string(let text): .string(text)
            case .array(let items): .array(items.map { JSONValue($0) })
            case .object(let members): JSONValue(members)
            }
    }
}
