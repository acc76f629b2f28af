/// Takes known members out of an object; what is left is unknown.
struct JSONFields {
    private var object: JSONObject
    private var taken: Set<String> = []

    init(_ json: JSONValue) throws(JSONFieldError) {
        guard case .object(let object) = json else {
            throw JSONFieldError(field: "", expected: "an object", found: json.kind)
        }
        self.object = object
    }

    /// The members that nobody took, and the known ones that were `null`.
    var additionalFields: [String: JSONValue] {
        object.reduce(into: [:]) { if !taken.contains($1.key) { $0[$1.key] = $1.value } }
    }

    /// Takes a member of any kind.
    mutating func value(_ key: String) -> JSONValue? {
        guard let value = object[key], value != .null else { return nil }
        taken.insert(key)
        return value
    }

    mutating func string(_ key: String) throws(JSONFieldError) -> String? {
        try take(key, "a string", \.stringValue)
    }

    mutating func bool(_ key: String) throws(JSONFieldError) -> Bool? {
        try take(key, "a boolean", \.boolValue)
    }

    mutating func int(_ key: String) throws(JSONFieldError) -> Int? {
        try take(key, "an integer", \.intValue)
    }

    mutating func double(_ key: String) throws(JSONFieldError) -> Double? {
        try take(key, "a number", \.doubleValue)
    }

    mutating func object<T: JSONRepresentable>(_ key: String) throws(JSONFieldError) -> T? {
        guard let value = value(key) else { return nil }
        do throws(JSONFieldError) {
            return try T(json: value)
        } catch {
            throw error.nested(in: key)
        }
    }

    mutating func array<T: JSONRepresentable>(_ key: String) throws(JSONFieldError) -> [T]? {
        guard let elements = try take(key, "an array", \.arrayValue) else { return nil }
        return try Self.decode(elements, at: key)
    }

    /// The value, or an error that says the field is missing.
    func required<T>(_ value: T?, _ key: String, _ expected: String) throws(JSONFieldError) -> T {
        guard let value else { throw JSONFieldError(field: key, expected: expected, found: object[key]?.kind) }
        return value
    }

    /// Decodes elements; errors name their index.
    static func decode<T: JSONRepresentable>(
        _ elements: [JSONValue], at path: String
    ) throws(JSONFieldError) -> [T] {
        var result: [T] = []
        result.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            do throws(JSONFieldError) {
                result.append(try T(json: element))
            } catch {
                throw error.nested(in: "\(path)[\(index)]")
            }
        }
        return result
    }

    private mutating func take<T>(
        _ key: String, _ expected: String, _ convert: (JSONValue) -> T?
    ) throws(JSONFieldError) -> T? {
        guard let value = value(key) else { return nil }
        guard let result = convert(value) else {
            throw JSONFieldError(field: key, expected: expected, found: value.kind)
        }
        return result
    }
}

extension JSONObject {
    /// Sets a member unless the value is nil.
    mutating func set(_ key: String, _ value: String?) {
        if let value { self[key] = .string(value) }
    }

    mutating func set(_ key: String, _ value: Bool?) {
        if let value { self[key] = .bool(value) }
    }

    mutating func set(_ key: String, _ value: Int?) {
        if let value { self[key] = .integer(Int64(value)) }
    }

    mutating func set(_ key: String, _ value: Double?) {
        if let value { self[key] = .number(value) }
    }

    mutating func set(_ key: String, _ value: JSONValue?) {
        if let value { self[key] = value }
    }

    mutating func set(_ key: String, _ value: (some JSONRepresentable)?) {
        if let value { self[key] = value.json }
    }

    mutating func set(_ key: String, _ values: [some JSONRepresentable]?) {
        if let values { self[key] = .array(values.map(\.json)) }
    }

    /// Appends the unknown members in the order of their keys; known members win.
    mutating func appendMissing(_ additionalFields: [String: JSONValue]) {
        for (key, value) in additionalFields.sorted(by: { $0.key < $1.key }) where self[key] == nil {
            self[key] = value
        }
    }
}
