import SageLLM
import SageResilience

extension FieldFormat<JSONValue> {
    /// The JSON Schema of an object, written in YAML.
    static var jsonSchema: Self {
        let allowed = "a JSON Schema of an object, for example { type: object, properties: { city: { type: string } } }"
        return FieldFormat(
            allowed: allowed,
            schema: .objectSchema,
            read: { node, path, reader in
                guard let value = json(node, path, &reader, allowed) else { return nil }
                guard value["type"]?.stringValue == "object" else {
                    reader.report(path, at: node.position, "is not the schema of an object; allowed is \(allowed)")
                    return nil
                }
                return value
            },
            render: rendered)
    }

    /// What a node is in JSON; a plain scalar is a number, a truth value or null where JSON would read it so.
    private static func json(
        _ node: ConfigurationNode, _ path: FieldPath, _ reader: inout ConfigurationReader, _ allowed: String
    ) -> JSONValue? {
        switch node.content {
        case .scalar(_, let isPlain):
            guard let text = reader.text(of: node, at: path, allowed: allowed)?.text else { return nil }
            guard isPlain, let value = try? JSONValue(parsing: text) else { return .string(text) }
            switch value {
            case .object, .array, .string: return .string(text)
            default: return value
            }
        case .sequence(let items):
            let values = items.enumerated().compactMap { json($1, path.index($0), &reader, allowed) }
            return values.count == items.count ? .array(values) : nil
        case .mapping(let entries):
            var members = JSONObject()
            for entry in entries {
                guard let value = json(entry.value, path.key(entry.key), &reader, allowed) else { return nil }
                members[entry.key] = value
            }
            return .object(members)
        }
    }

    private static func rendered(_ value: JSONValue) -> RenderedValue {
        switch value {
        case .null: .null
        case .bool(let flag): .flag(flag)
        case .string(let text): .text(text)
        case .array(let items): .list(items.map(rendered))
        case .object(let members):
            .section(members.map { RenderedValue.Entry(key: $0.key, value: rendered($0.value)) })
        default: .number(value.description)
        }
    }
}
