/// What providers demand of JSON schemas that an answer must follow.
enum SchemaRules {
    /// Whether OpenAI takes a schema as strict: every object names all its properties as required and allows no others.
    static func isStrict(_ schema: JSONValue) -> Bool {
        switch schema {
        case .object(let members):
            if isObjectSchema(members) {
                guard members["additionalProperties"] == .bool(false) else { return false }
                let required = Set((members["required"]?.arrayValue ?? []).compactMap(\.stringValue))
                let properties = members["properties"]?.objectValue ?? [:]
                guard properties.keys.allSatisfy(required.contains) else { return false }
            }
            return members.allSatisfy { isStrict($0.value) }
        case .array(let elements):
            return elements.allSatisfy(isStrict)
        default:
            return true
        }
    }

    /// A schema as Anthropic wants it: what says nothing about further properties forbids them.
    static func closed(_ schema: JSONValue) -> JSONValue {
        switch schema {
        case .object(let members):
            var result = JSONObject()
            for (key, value) in members {
                // A property may have any name, and an example is no schema.
                switch (key, value) {
                case ("properties", .object(let schemas)), ("$defs", .object(let schemas)),
                    ("definitions", .object(let schemas)):
                    var inner = JSONObject()
                    for (name, schema) in schemas { inner[name] = closed(schema) }
                    result[key] = .object(inner)
                case ("items", _), ("anyOf", _), ("allOf", _), ("oneOf", _): result[key] = closed(value)
                default: result[key] = value
                }
            }
            if isObjectSchema(members), members["additionalProperties"] == nil {
                result["additionalProperties"] = false
            }
            return .object(result)
        case .array(let elements):
            return .array(elements.map(closed))
        default:
            return schema
        }
    }

    /// The schema of a function's parameters, which is one of an object; a function without any has an empty one.
    static func parameters(_ schema: JSONValue?) -> JSONValue {
        guard case .object(var members) = schema else { return ["type": "object", "properties": [:]] }
        if members["type"] == nil { members["type"] = "object" }
        return .object(members)
    }

    private static func isObjectSchema(_ members: JSONObject) -> Bool {
        switch members["type"] {
        case .string(let type): type == "object"
        case .array(let types): types.contains("object")
        default: false
        }
    }
}
