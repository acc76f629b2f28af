import SageStorage

extension MemoryStore {
    /// What is about to be saved, checked and cleaned.
    struct Draft: Sendable {
        var text: String
        var namespace: String
        var metadata: String
        var hash: [UInt8]
    }

    func draft(_ memory: NewMemory, field: String = "") throws(MemoryError) -> Draft {
        let text = memory.text.withoutNUL
        guard text.hasContent else {
            throw .invalid(field: field + "text", value: "empty", allowed: "a text that is not all white space")
        }
        guard text.utf8.count <= configuration.maxTextBytes else {
            throw .invalid(
                field: field + "text", value: "\(text.utf8.count) bytes long",
                allowed: "at most \(configuration.maxTextBytes) bytes")
        }
        try check(namespace: memory.namespace, field: field + "namespace")
        let metadata = memory.metadata.cleaned
        guard metadata.values.allSatisfy(\.isFinite), let json = try? JSONText.encode(metadata) else {
            throw .invalid(
                field: field + "metadata", value: "not JSON", allowed: "values of JSON, numbers finite")
        }
        guard json.utf8.count <= configuration.maxMetadataBytes else {
            throw .invalid(
                field: field + "metadata", value: "\(json.utf8.count) bytes of JSON",
                allowed: "at most \(configuration.maxMetadataBytes) bytes")
        }
        let words = SHA256.hash(text.utf8)
        var hash: [UInt8] = []
        for index in words.indices {
            for shift in [24, 16, 8, 0] as [UInt32] { hash.append(UInt8(truncatingIfNeeded: words[index] >> shift)) }
        }
        return Draft(text: text, namespace: memory.namespace, metadata: json, hash: hash)
    }

    func check(namespace: String, field: String = "namespace") throws(MemoryError) {
        let bytes = namespace.utf8.count
        guard bytes >= 1, bytes <= configuration.maxNamespaceBytes, !namespace.utf8.contains(0) else {
            let value = namespace.utf8.contains(0) ? "a name with NUL" : "\(bytes) bytes long"
            throw .invalid(
                field: field, value: value, allowed: "1 to \(configuration.maxNamespaceBytes) bytes without NUL")
        }
    }

    func check(k: Int) throws(MemoryError) {
        guard (1...1_000).contains(k) else { throw .invalid(field: "k", value: "\(k)", allowed: "1 to 1000") }
    }

    func check(query: String) throws(MemoryError) {
        guard query.utf8.count <= configuration.maxQueryBytes else {
            throw .invalid(
                field: "query", value: "\(query.utf8.count) bytes long",
                allowed: "at most \(configuration.maxQueryBytes) bytes")
        }
    }

    func check(_ filter: MemoryFilter?) throws(MemoryError) {
        guard let filter else { return }
        guard filter.metadata.count <= 16 else {
            throw .invalid(
                field: "filter.metadata", value: "\(filter.metadata.count) values", allowed: "at most 16 values")
        }
        guard filter.metadata.values.allSatisfy(\.isFinite) else {
            throw .invalid(field: "filter.metadata", value: "NaN or infinite", allowed: "finite numbers")
        }
    }
}

extension String {
    /// Whether there is anything but white space.
    var hasContent: Bool { unicodeScalars.contains { !$0.properties.isWhitespace } }
}
