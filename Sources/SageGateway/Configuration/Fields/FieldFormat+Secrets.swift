extension FieldFormat<[Secret]> {
    /// Secrets, all different; empty ones are left out, so that a variable may be unset.
    ///
    /// - Parameter maximum: The most elements.
    static func secrets(maximum: Int) -> Self {
        let list = FieldFormat<[Secret?]>.list(.secret)
        return FieldFormat(
            allowed: list.allowed,
            schema: list.schema,
            read: { node, path, reader in
                guard let written = list.read(node, path, &reader) else { return nil }
                let secrets = written.compactMap(\.self)
                guard secrets.count <= maximum else {
                    reader.report(
                        path, at: node.position, "has \(secrets.count) elements; allowed are \(maximum) at most")
                    return nil
                }
                for (index, secret) in written.enumerated() where secret != nil {
                    guard written[..<index].contains(secret) else { continue }
                    reader.report(path.index(index), "is the same as an earlier element; remove it")
                    return nil
                }
                return secrets
            },
            render: { .list($0.map { _ in .text(Secret.placeholder) }) })
    }
}
