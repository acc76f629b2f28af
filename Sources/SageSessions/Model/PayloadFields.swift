/// What an object of a payload is read into.
protocol PayloadValue {
    init(payload node: JSONNode) throws(PayloadError)
}

/// Reads the members of an object of a payload; null counts as none, and errors name the path.
struct PayloadFields {
    let node: JSONNode

    init(_ node: JSONNode, _ path: String = "") throws(PayloadError) {
        guard case .object = node else { throw PayloadError(field: path, found: node.kind, allowed: "an object") }
        self.node = node
    }

    /// The member as it is.
    func value(_ key: String) -> JSONNode? {
        guard let value = node[key], !value.isNull else { return nil }
        return value
    }

    func required(_ key: String, _ allowed: String) throws(PayloadError) -> JSONNode {
        try required(key, allowed, value(key))
    }

    func string(_ key: String) throws(PayloadError) -> String? {
        try value(key, "a string", \.stringValue)
    }

    func requiredString(_ key: String) throws(PayloadError) -> String {
        try required(key, "a string", try string(key))
    }

    func integer(_ key: String) throws(PayloadError) -> Int64? {
        try value(key, "an integer of 64 bits", \.integerValue)
    }

    func requiredInteger(_ key: String) throws(PayloadError) -> Int64 {
        try required(key, "an integer of 64 bits", try integer(key))
    }

    /// A boolean that is written only when it is true.
    func flag(_ key: String) throws(PayloadError) -> Bool {
        try value(key, "a boolean", \.boolValue) ?? false
    }

    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ type: Word.Type
    ) throws(PayloadError) -> Word {
        let text = try requiredString(key)
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw PayloadError(field: key, found: "'\(text)'", allowed: "one of \(words)")
        }
        return word
    }

    func object<Value: PayloadValue>(
        _ key: String, _ type: Value.Type = Value.self
    ) throws(PayloadError) -> Value? {
        guard let value = value(key) else { return nil }
        return try Self.read(value, key)
    }

    func requiredObject<Value: PayloadValue>(
        _ key: String, _ type: Value.Type = Value.self
    ) throws(PayloadError) -> Value {
        try required(key, "an object", try object(key))
    }

    func requiredArray<Element: PayloadValue>(
        _ key: String, of type: Element.Type = Element.self
    ) throws(PayloadError) -> [Element] {
        let nodes = try required(key, "an array", value(key, "an array", \.arrayValue))
        var elements: [Element] = []
        elements.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() { elements.append(try Self.read(node, "\(key)[\(index)]")) }
        return elements
    }

    private func value<Value>(
        _ key: String, _ allowed: String, _ read: (JSONNode) -> Value?
    ) throws(PayloadError) -> Value? {
        guard let value = value(key) else { return nil }
        guard let result = read(value) else { throw PayloadError(field: key, found: value.kind, allowed: allowed) }
        return result
    }

    private func required<Value>(
        _ key: String, _ allowed: String, _ value: Value?
    ) throws(PayloadError) -> Value {
        guard let value else { throw PayloadError(field: key, found: "missing", allowed: allowed) }
        return value
    }

    private static func read<Value: PayloadValue>(_ node: JSONNode, _ path: String) throws(PayloadError) -> Value {
        do throws(PayloadError) {
            return try Value(payload: node)
        } catch {
            throw error.nested(in: path)
        }
    }
}
