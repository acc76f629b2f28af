/// One key of a section: its name, where its value is kept, and its format.
struct Field<Root>: Sendable {
    let name: String
    let isRequired: Bool
    /// What is allowed, for the message about a key that is missing.
    let allowed: String
    let schema: FieldSchema
    let read: @Sendable (ConfigurationNode, FieldPath, inout ConfigurationReader, inout Root) -> Void
    let render: @Sendable (Root) -> RenderedValue

    /// A key whose absence leaves the default.
    init<Value>(
        _ name: String, _ keyPath: any WritableKeyPath<Root, Value> & Sendable, _ format: FieldFormat<Value>,
        isRequired: Bool = false
    ) {
        self.name = name
        self.isRequired = isRequired
        allowed = format.allowed
        schema = format.schema
        read = { node, path, reader, root in
            if let value = format.read(node, path, &reader) { root[keyPath: keyPath] = value }
        }
        render = { format.render($0[keyPath: keyPath]) }
    }

    /// A key whose absence is a meaning of its own.
    init<Value>(
        _ name: String, optional keyPath: any WritableKeyPath<Root, Value?> & Sendable, _ format: FieldFormat<Value>
    ) {
        self.name = name
        isRequired = false
        allowed = format.allowed
        schema = format.schema
        read = { node, path, reader, root in
            if let value = format.read(node, path, &reader) { root[keyPath: keyPath] = value }
        }
        render = { $0[keyPath: keyPath].map(format.render) ?? .null }
    }
}

/// All keys of a section, declared once: reading, suggestions for wrong keys and rendering follow this list.
struct FieldTable<Root>: Sendable {
    let fields: [Field<Root>]
    /// Keys that the file format has, but not in this version.
    let later: [String]
    let initial: @Sendable () -> Root

    /// Creates a table.
    ///
    /// - Parameters:
    ///   - fields: The keys in the order in which they are rendered.
    ///   - later: Keys that the file format has, but not in this version.
    ///   - initial: The section with every default.
    init(_ fields: [Field<Root>], later: [String] = [], initial: @escaping @Sendable () -> Root) {
        self.fields = fields
        self.later = later
        self.initial = initial
    }

    /// The names of the keys.
    var keys: [String] { fields.map(\.name) }

    /// The section as a value of a field; it reads to the defaults where single keys are wrong, so that the reading
    /// can go on and find every problem.
    var format: FieldFormat<Root> {
        FieldFormat(
            allowed: "a mapping with the keys \(keys.joined(separator: ", "))",
            schema: schema,
            read: { node, path, reader in read(node, path, &reader) },
            render: render)
    }

    /// The section in the JSON Schema of the file; keys of later versions are not in it.
    var schema: FieldSchema {
        let defaults = initial()
        return .section(
            fields.map { field in
                (field.name, field.isRequired ? field.schema : field.schema.optional(default: field.render(defaults)))
            },
            required: fields.filter(\.isRequired).map(\.name))
    }

    @Sendable
    func render(_ root: Root) -> RenderedValue {
        .section(fields.map { RenderedValue.Entry(key: $0.name, value: $0.render(root)) })
    }

    func read(_ node: ConfigurationNode, _ path: FieldPath, _ reader: inout ConfigurationReader) -> Root? {
        var root = initial()
        var entries: [ConfigurationNode.Entry] = []
        if case .mapping(let written) = node.content {
            entries = written
        } else if !node.isNull {
            reader.report(path, at: node.position, "is \(node.kind); allowed is \(format.allowed)")
            return nil
        }
        for entry in entries {
            let entryPath = path.key(entry.key)
            reader.record(entryPath, at: entry.value.isNull ? entry.position : entry.value.position)
            if let field = fields.first(where: { $0.name == entry.key }) {
                if !entry.value.isNull { field.read(entry.value, entryPath, &reader, &root) }
            } else if !(later.contains(entry.key) && entry.value.isNull) {
                reader.report(entryPath, at: entry.position, complaint(about: entry.key))
            }
        }
        for field in fields where field.isRequired {
            guard !entries.contains(where: { $0.key == field.name && !$0.value.isNull }) else { continue }
            reader.report(path.key(field.name), at: node.position, "is missing; allowed is \(field.allowed)")
        }
        return root
    }

    private func complaint(about key: String) -> String {
        if later.contains(key) { return "is not supported by this version yet; remove it" }
        // The value is not repeated: a misspelt `apiKey` has a secret behind it.
        let hint = Spelling.nearest(to: key, among: keys + later).map { "did you mean \($0)? " } ?? ""
        return "is not a key of this section; \(hint)allowed keys are \(keys.joined(separator: ", "))"
    }
}
