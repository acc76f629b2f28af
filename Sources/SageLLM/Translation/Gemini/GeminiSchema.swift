/// What Gemini's own kind of schema can say, and how it is said in JSON Schema.
///
/// Gemini takes schemas in two fields: `parameters` and `responseSchema` hold its subset of OpenAPI's, which every model
/// and every service behind the interface understands; `parametersJsonSchema` and `responseJsonSchema` hold JSON Schema.
/// The first is used for all schemas that it can say, the second for the others.
enum GeminiSchema {
    private static let keywords: Set<String> = [
        "type", "format", "title", "description", "nullable", "enum", "items", "maxItems", "minItems", "properties",
        "required", "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf",
        "propertyOrdering", "default", "minimum", "maximum",
    ]
    private static let formats: Set<String> = ["float", "double", "int32", "int64", "enum", "date-time"]
    private static let types: Set<String> = ["string", "number", "integer", "boolean", "array", "object"]
    /// A schema that nests deeper is left to JSON Schema, and so to the provider's own limit.
    private static let maxDepth = 32

    /// Whether Gemini's subset can say a JSON schema.
    static func canSay(_ schema: JSONValue, depth: Int = 0) -> Bool {
        guard depth < maxDepth, let object = schema.objectValue else { return false }
        guard object["type"] != nil || object["anyOf"] != nil else { return false }
        return object.allSatisfy { key, value in
            switch key {
            case "type":
                return value.stringValue.map { types.contains($0) } ?? false
            case "format":
                return value.stringValue.map { formats.contains($0) } ?? false
            case "enum":
                // Only strings can be enumerated.
                return object["type"] == "string" && (value.arrayValue?.allSatisfy { $0.stringValue != nil } ?? false)
            case "items":
                return canSay(value, depth: depth + 1)
            case "anyOf":
                return value.arrayValue?.allSatisfy { canSay($0, depth: depth + 1) } ?? false
            case "properties":
                // An object without any is refused.
                guard let properties = value.objectValue, !properties.isEmpty else { return false }
                return properties.allSatisfy { canSay($0.value, depth: depth + 1) }
            default:
                return keywords.contains(key)
            }
        }
    }

    /// Whether a JSON schema says that a function has no parameters.
    static func isEmpty(_ schema: JSONValue) -> Bool {
        guard let object = schema.objectValue else { return false }
        return object["properties"]?.objectValue?.isEmpty ?? true
            && object.allSatisfy {
                switch ($0.key, $0.value) {
                case ("type", "object"), ("properties", _), ("additionalProperties", false), ("$schema", _): true
                case ("required", .array(let names)): names.isEmpty
                default: false
                }
            }
    }

    /// A schema of Gemini's own kind in JSON Schema.
    static func jsonSchema(_ schema: JSONValue, depth: Int = 0) -> JSONValue {
        guard depth < JSONScanner.defaultDepthLimit, let object = schema.objectValue else { return schema }
        var result = JSONObject()
        for (key, value) in object {
            switch key {
            case "type":
                result[key] = type(value, isNullable: object["nullable"] == true)
            case "nullable", "propertyOrdering", "property_ordering":
                break
            case "example":
                result["examples"] = .array([value])
            case "anyOf", "any_of":
                result["anyOf"] = .array((value.arrayValue ?? []).map { jsonSchema($0, depth: depth + 1) })
            case "items":
                result[key] = jsonSchema(value, depth: depth + 1)
            case "properties":
                var properties = JSONObject()
                for (name, property) in value.objectValue ?? [:] {
                    properties[name] = jsonSchema(property, depth: depth + 1)
                }
                result[key] = .object(properties)
            case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
                // Integers of 64 bits are strings there.
                result[key] = value.stringValue.flatMap { Int64($0) }.map(JSONValue.integer) ?? value
            default:
                result[key] = value
            }
        }
        return .object(result)
    }

    private static func type(_ value: JSONValue, isNullable: Bool) -> JSONValue {
        guard let name = value.stringValue?.lowercased() else { return value }
        return isNullable ? [.string(name), "null"] : .string(name)
    }
}
