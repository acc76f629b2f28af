/// How the value of a field is read from a file and written out again.
struct FieldFormat<Value>: Sendable {
    /// The end of the sentence "allowed is ...".
    let allowed: String
    /// What the JSON Schema of the file says of it.
    let schema: FieldSchema
    /// Reads a node; nil after reporting why it cannot.
    let read: @Sendable (ConfigurationNode, FieldPath, inout ConfigurationReader) -> Value?
    /// Writes a value; secrets come out redacted.
    let render: @Sendable (Value) -> RenderedValue
}

/// Why a text was refused, where that is more than "allowed is ...".
struct Refusal: Error {
    /// For a name the whole sentence; for a value what follows "is VALUE", with the comma or semicolon between.
    let message: String
    /// Whether the message stands for itself instead of following the value.
    var hidesValue = false
}

extension FieldFormat {
    /// A format for single values.
    ///
    /// - Parameters:
    ///   - allowed: The end of the sentence "allowed is ...".
    ///   - spellings: How a value is spelt, for the JSON Schema of the file.
    ///   - isSecret: Whether messages must not repeat the value.
    ///   - render: Writes the value.
    ///   - parse: Reads the text after substitution; nil says no more than what is allowed.
    /// - Returns: The format.
    static func scalar(
        allowed: String,
        spellings: [ScalarSpelling] = [.text],
        isSecret: Bool = false,
        render: @escaping @Sendable (Value) -> RenderedValue,
        parse: @escaping @Sendable (String) throws(Refusal) -> Value?
    ) -> FieldFormat {
        FieldFormat(
            allowed: allowed,
            schema: .scalar(spellings, allowed: allowed),
            read: { node, path, reader in
                guard let text = reader.text(of: node, at: path, allowed: allowed) else { return nil }
                let refusal: Refusal
                do throws(Refusal) {
                    if let value = try parse(text.text) { return value }
                    refusal = Refusal(message: "; allowed is \(allowed)")
                } catch {
                    refusal = error
                }
                let subject: String
                if let variable = text.variables.first {
                    subject = "is not valid with the value of ${\(variable)}"
                } else if isSecret || refusal.hidesValue {
                    subject = "has a value that is not shown here"
                } else {
                    subject = "is \(Printable.value(text.text))"
                }
                reader.report(path, at: node.position, "\(subject)\(refusal.message)")
                return nil
            },
            render: render)
    }

    /// A list of values of one format.
    static func list<Element>(_ element: FieldFormat<Element>) -> Self where Value == [Element] {
        let allowed = "a list, for example [first, second]"
        return FieldFormat(
            allowed: allowed,
            schema: .list(of: element.schema),
            read: { node, path, reader in
                guard case .sequence(let items) = node.content else {
                    reader.report(path, at: node.position, "is \(node.kind); allowed is \(allowed)")
                    return nil
                }
                var values: [Element] = []
                for (index, item) in items.enumerated() {
                    let itemPath = path.index(index)
                    reader.record(itemPath, at: item.position)
                    if let value = element.read(item, itemPath, &reader) { values.append(value) }
                }
                return values
            },
            render: { .list($0.map(element.render)) })
    }

    /// A mapping whose keys are names of the user's own.
    ///
    /// - Parameters:
    ///   - element: The format of the values.
    ///   - name: Checks a name, and gives it the form in which it is kept.
    /// - Returns: The format.
    static func named<Element>(
        _ element: FieldFormat<Element>,
        name: @escaping @Sendable (String) throws(Refusal) -> String
    ) -> Self where Value == [String: Element] {
        let allowed = "a mapping from names to \(element.allowed)"
        return FieldFormat(
            allowed: allowed,
            schema: .named(element.schema),
            read: { node, path, reader in
                guard case .mapping(let entries) = node.content else {
                    reader.report(path, at: node.position, "is \(node.kind); allowed is \(allowed)")
                    return nil
                }
                var values: [String: Element] = [:]
                for entry in entries {
                    let entryPath = path.key(entry.key)
                    reader.record(entryPath, at: entry.position)
                    do throws(Refusal) {
                        let key = try name(entry.key)
                        reader.record(path.key(key), at: entry.position)
                        guard let value = element.read(entry.value, entryPath, &reader) else { continue }
                        if values.updateValue(value, forKey: key) != nil {
                            throw Refusal(message: "stands twice; case does not matter in this name")
                        }
                    } catch {
                        reader.report(entryPath, at: entry.position, error.message)
                    }
                }
                return values
            },
            render: { values in
                .section(
                    values.sorted { $0.key < $1.key }.map {
                        RenderedValue.Entry(key: $0.key, value: element.render($0.value))
                    })
            })
    }
}
