import SageLLM

/// The members of an object in a request; what is missing or of the wrong kind is named by its place.
struct RequestFields: Sendable, Hashable {
    private let members: JSONObject
    /// Where the object stands, for example `messages[0]`; empty for the request itself.
    let place: String

    init(_ json: JSONValue, at place: String = "") throws(JSONFieldError) {
        guard let members = json.objectValue else {
            throw JSONFieldError(field: place, expected: "an object", found: json.kind)
        }
        self.members = members
        self.place = place
    }

    var keys: [String] { members.keys }

    /// The place of a member.
    func place(of key: String) -> String {
        place.isEmpty ? key : "\(place).\(key)"
    }

    /// A member of any kind; nil when it is missing or null.
    func value(_ key: String) -> JSONValue? {
        members[key] == .null ? nil : members[key]
    }

    func string(_ key: String) throws(JSONFieldError) -> String? {
        try convert(key, "a string", \.stringValue)
    }

    func int(_ key: String) throws(JSONFieldError) -> Int? {
        try convert(key, "an integer", \.intValue)
    }

    func bool(_ key: String) throws(JSONFieldError) -> Bool? {
        try convert(key, "a boolean", \.boolValue)
    }

    func object(_ key: String) throws(JSONFieldError) -> RequestFields? {
        guard let value = value(key) else { return nil }
        return try RequestFields(value, at: place(of: key))
    }

    /// The objects of an array; nil when it is missing.
    func objects(_ key: String) throws(JSONFieldError) -> [RequestFields]? {
        guard let elements = try convert(key, "an array", \.arrayValue) else { return nil }
        var objects: [RequestFields] = []
        for (index, element) in elements.enumerated() {
            objects.append(try RequestFields(element, at: "\(place(of: key))[\(index)]"))
        }
        return objects
    }

    /// The value, or an error that says that the member is missing.
    func required<Value>(_ value: Value?, _ key: String, _ expected: String) throws(JSONFieldError) -> Value {
        guard let value else { throw JSONFieldError(field: place(of: key), expected: expected, found: nil) }
        return value
    }

    /// An error about a member that is there but cannot be used.
    func refused(_ key: String, allowed expected: String) -> JSONFieldError {
        JSONFieldError(field: place(of: key), expected: expected, found: members[key]?.kind)
    }

    private func convert<Value>(
        _ key: String, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(JSONFieldError) -> Value? {
        guard let value = value(key) else { return nil }
        guard let result = convert(value) else { throw refused(key, allowed: expected) }
        return result
    }
}
