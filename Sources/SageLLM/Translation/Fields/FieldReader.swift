/// Takes the members of one object of a message that is being translated, by name.
///
/// A member that is `null` counts as absent. Errors name the path of the field; what nobody has taken can be asked for,
/// so that it is noted and not lost.
struct FieldReader {
    /// How the names of members may be spelled.
    enum Spelling {
        /// As they are.
        case exact
        /// As in Google's interfaces: `systemInstruction` or `system_instruction`, and integers also as strings.
        case protobuf
    }

    /// The path of the object; empty for the document.
    let path: String
    private let object: JSONObject
    private let spelling: Spelling
    private var taken: Set<String> = []

    /// - Parameters:
    ///   - json: The object.
    ///   - path: Its path. Defaults to the document's.
    ///   - spelling: How the names may be spelled. Defaults to exactly.
    init(_ json: JSONValue, at path: String = "", spelling: Spelling = .exact) throws(TranslationError) {
        guard case .object(let object) = json else {
            throw TranslationError(
                "is \(json.kind); allowed is an object", parameter: path.isEmpty ? nil : path)
        }
        self.path = path
        self.object = object
        self.spelling = spelling
    }

    /// The path of a member.
    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// An error about a member.
    func error(_ message: String, _ key: String) -> TranslationError {
        TranslationError(message, parameter: path(of: key))
    }

    /// The paths of the members that nobody has taken.
    var rest: [String] {
        object.compactMap { $0.value == .null || taken.contains($0.key) ? nil : path(of: $0.key) }
    }

    /// Notes what nobody has taken.
    func dropRest(from request: inout NeutralRequest) {
        for path in rest { request.drop(Self.withoutIndices(path)) }
    }

    /// A path for a person who wants to know which field, not which of a hundred.
    private static func withoutIndices(_ path: String) -> String {
        var name = ""
        var isIndex = false
        for character in path {
            if character == "]" { isIndex = false }
            if !isIndex { name.append(character) }
            if character == "[" { isIndex = true }
        }
        return name
    }

    /// Whether there is such a member; it does not count as taken.
    func contains(_ key: String) -> Bool { find(key) != nil }

    private func find(_ key: String) -> (key: String, value: JSONValue)? {
        if let value = object[key], value != .null { return (key, value) }
        guard spelling == .protobuf else { return nil }
        let other = Self.snakeCase(key)
        if other != key, let value = object[other], value != .null { return (other, value) }
        return nil
    }

    /// Takes a member of any kind.
    mutating func value(_ key: String) -> JSONValue? {
        guard let member = find(key) else { return nil }
        taken.insert(member.key)
        return member.value
    }

    mutating func string(_ key: String) throws(TranslationError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw mismatch(value, "a string", key) }
        return text
    }

    mutating func bool(_ key: String) throws(TranslationError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.boolValue else { throw mismatch(value, "a boolean", key) }
        return bool
    }

    mutating func int(_ key: String) throws(TranslationError) -> Int? {
        guard let value = value(key) else { return nil }
        if let int = value.intValue { return int }
        if spelling == .protobuf, let int = value.stringValue.flatMap({ Int($0) }) { return int }
        throw mismatch(value, "an integer", key)
    }

    mutating func double(_ key: String) throws(TranslationError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let double = value.doubleValue else { throw mismatch(value, "a number", key) }
        return double
    }

    mutating func array(_ key: String) throws(TranslationError) -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.arrayValue else { throw mismatch(value, "an array", key) }
        return elements
    }

    mutating func strings(_ key: String) throws(TranslationError) -> [String]? {
        guard let elements = try array(key) else { return nil }
        var strings: [String] = []
        for (index, element) in elements.enumerated() {
            guard let text = element.stringValue else { throw mismatch(element, "a string", "\(key)[\(index)]") }
            strings.append(text)
        }
        return strings
    }

    mutating func object(_ key: String) throws(TranslationError) -> FieldReader? {
        guard let value = value(key) else { return nil }
        return try FieldReader(value, at: path(of: key), spelling: spelling)
    }

    /// Takes an object as it is.
    mutating func jsonObject(_ key: String) throws(TranslationError) -> JSONValue? {
        guard let value = value(key) else { return nil }
        guard value.kind == .object else { throw mismatch(value, "an object", key) }
        return value
    }

    /// Takes an array of objects; an absent one is empty.
    mutating func objects(_ key: String) throws(TranslationError) -> [FieldReader] {
        var readers: [FieldReader] = []
        for (index, element) in (try array(key) ?? []).enumerated() {
            readers.append(try FieldReader(element, at: path(of: "\(key)[\(index)]"), spelling: spelling))
        }
        return readers
    }

    /// The value, or an error that says the member is missing.
    func required<T>(_ value: T?, _ key: String, _ allowed: String) throws(TranslationError) -> T {
        guard let value else { throw error("is missing; allowed is \(allowed)", key) }
        return value
    }

    private func mismatch(_ value: JSONValue, _ allowed: String, _ key: String) -> TranslationError {
        error("is \(value.kind); allowed is \(allowed)", key)
    }

    private static func snakeCase(_ key: String) -> String {
        key.reduce(into: "") { name, character in
            if character.isUppercase { name.append("_") }
            name.append(contentsOf: character.lowercased())
        }
    }
}
