/// The members of a JSON object of a request or an answer; every error names the field by its path.
struct WireObject: Sendable {
    let members: JSONObject
    /// Where the object stands, for example `messages[2]`; empty for the document.
    let path: String

    /// - Throws: ``TranslationError`` if the value is no object.
    init(_ json: JSONValue, at path: String = "") throws(TranslationError) {
        guard case .object(let members) = json else {
            throw TranslationError(
                "an object is expected, found \(json.kind)", parameter: path.isEmpty ? nil : path)
        }
        self.members = members
        self.path = path
    }

    /// Where a member stands.
    func path(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// A member of any kind; nil for `null` too.
    func value(_ key: String) -> JSONValue? {
        guard let value = members[key], value != .null else { return nil }
        return value
    }

    func string(_ key: String) throws(TranslationError) -> String? {
        try take(key, "a string", \.stringValue)
    }

    func bool(_ key: String) throws(TranslationError) -> Bool? {
        try take(key, "a boolean", \.boolValue)
    }

    func array(_ key: String) throws(TranslationError) -> [JSONValue]? {
        try take(key, "an array", \.arrayValue)
    }

    func object(_ key: String) throws(TranslationError) -> WireObject? {
        guard let value = value(key) else { return nil }
        return try WireObject(value, at: path(key))
    }

    /// The elements of an array, which are objects.
    func objects(_ key: String) throws(TranslationError) -> [WireObject]? {
        guard let elements = try array(key) else { return nil }
        var objects: [WireObject] = []
        objects.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            objects.append(try WireObject(element, at: "\(path(key))[\(index)]"))
        }
        return objects
    }

    /// A whole number within a range.
    func integer(_ key: String, _ range: ClosedRange<Int>) throws(TranslationError) -> Int? {
        let allowed = "a whole number from \(range.lowerBound)"
        let expected = range.upperBound == .max ? allowed : "\(allowed) to \(range.upperBound)"
        guard let value = try take(key, expected, \.intValue) else { return nil }
        guard range.contains(value) else { throw invalid(key, "\(expected) is expected, found \(value)") }
        return value
    }

    /// A number within a range.
    func number(_ key: String, _ range: ClosedRange<Double>) throws(TranslationError) -> Double? {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let value = try take(key, expected, \.doubleValue) else { return nil }
        guard range.contains(value) else { throw invalid(key, "\(expected) is expected, found \(value)") }
        return value
    }

    /// A string that must be there and not be empty.
    func requiredString(_ key: String) throws(TranslationError) -> String {
        guard let text = try string(key) else { throw invalid(key, "a string is required") }
        guard !text.isEmpty else { throw invalid(key, "it must not be empty") }
        return text
    }

    /// An object that must be there.
    func requiredObject(_ key: String) throws(TranslationError) -> WireObject {
        guard let object = try object(key) else { throw invalid(key, "an object is required") }
        return object
    }

    /// What is wrong with a member.
    func invalid(_ key: String, _ message: String) -> TranslationError {
        TranslationError(message, parameter: path(key))
    }

    /// A word that is none of those that are known.
    func unknown(_ key: String, _ word: String, allowed: String) -> TranslationError {
        invalid(
            key, "\(word.prefix(64).debugDescription) cannot be carried over to another provider; allowed is \(allowed)"
        )
    }

    private func take<T>(
        _ key: String, _ expected: String, _ convert: (JSONValue) -> T?
    ) throws(TranslationError) -> T? {
        guard let value = value(key) else { return nil }
        guard let result = convert(value) else { throw invalid(key, "\(expected) is expected, found \(value.kind)") }
        return result
    }
}
