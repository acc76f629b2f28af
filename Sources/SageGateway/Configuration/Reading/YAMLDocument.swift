import Yams

/// A mistake at one place of a file.
struct SourceProblem: Error, Sendable, Hashable {
    let position: SourcePosition
    let message: String
}

/// Turns YAML text into nodes under limits, so that no file can take the process down.
///
/// Aliases are followed here, not by the YAML library: the library would hash a whole expanded alias in the place of a
/// key, which a few lines can make endless ("billion laughs"). It therefore never sees a `*`: each one is replaced by a
/// character that no file may contain, which makes an ordinary scalar of an alias and changes no line or column, and is
/// put back in every scalar.
struct YAMLDocument {
    /// The most nodes after aliases have been followed.
    static let maximumNodes = 20_000
    /// The deepest nesting; the format itself needs five levels.
    static let maximumDepth = 32

    private static let aliasMark: Unicode.Scalar = "\u{E000}"

    private struct Measured {
        var node: ConfigurationNode
        var count: Int
        var depth: Int
    }

    private var anchors: [String: Measured] = [:]

    /// Parses one document.
    ///
    /// - Parameter source: The text of the file.
    /// - Returns: The top node, or nil if the file holds no document.
    /// - Throws: `SourceProblem` for the first mistake of syntax, and for a document beyond the limits.
    static func parse(_ source: String) throws(SourceProblem) -> ConfigurationNode? {
        let text = try checked(source)
        do {
            // Without rules every scalar is text; what it means is decided by the field that it stands in.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            let root = try parser.singleRoot()
            // The parser owns the anchors, the nodes only refer to them.
            return try withExtendedLifetime(parser) { () throws(SourceProblem) -> ConfigurationNode? in
                guard let root else { return nil }
                var document = YAMLDocument()
                return try document.convert(root, room: maximumNodes, depth: 1).node
            }
        } catch let problem as SourceProblem {
            throw problem
        } catch {
            throw translated(error, source: source)
        }
    }

    /// Refuses the characters that YAML forbids, with their place, and hides the aliases.
    private static func checked(_ source: String) throws(SourceProblem) -> String {
        var position = SourcePosition.start
        var text = ""
        text.reserveCapacity(source.utf8.count)
        for scalar in source.unicodeScalars {
            switch scalar.value {
            case 0x0A:
                position = SourcePosition(line: position.line + 1, column: 0)
                text.unicodeScalars.append(scalar)
            case 0x2A:
                text.unicodeScalars.append(aliasMark)
            case 0x09, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF, 0xE001...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF:
                text.unicodeScalars.append(scalar)
            default:
                let code = String(scalar.value, radix: 16, uppercase: true)
                throw SourceProblem(position: position, message: "the character U+\(code) is not allowed in YAML")
            }
            position.column += 1
        }
        return text
    }

    private mutating func convert(_ node: Node, room: Int, depth: Int) throws(SourceProblem) -> Measured {
        let position = SourcePosition(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        guard depth <= Self.maximumDepth else {
            throw SourceProblem(position: position, message: "is nested deeper than \(Self.maximumDepth) levels")
        }
        guard room > 0 else { throw Self.tooManyNodes(position) }
        var measured: Measured
        let anchor: Anchor?
        switch node {
        case .scalar(let scalar):
            try Self.refuseTag(scalar.tag, position)
            if scalar.style == .plain, scalar.string.unicodeScalars.first == Self.aliasMark {
                return try follow(
                    String(scalar.string.unicodeScalars.dropFirst()), at: position, room: room, depth: depth)
            }
            let content = ConfigurationNode.Content.scalar(
                Self.restored(scalar.string), isPlain: scalar.style == .plain)
            measured = Measured(node: ConfigurationNode(content: content, position: position), count: 1, depth: 1)
            anchor = scalar.anchor
        case .sequence(let sequence):
            try Self.refuseTag(sequence.tag, position)
            var items: [ConfigurationNode] = []
            measured = Measured(
                node: ConfigurationNode(content: .sequence([]), position: position), count: 1, depth: 1)
            for item in sequence {
                items.append(try convertChild(item, of: &measured, room: room, depth: depth))
            }
            measured.node = ConfigurationNode(content: .sequence(items), position: position)
            anchor = sequence.anchor
        case .mapping(let mapping):
            try Self.refuseTag(mapping.tag, position)
            var entries: [ConfigurationNode.Entry] = []
            measured = Measured(node: ConfigurationNode(content: .mapping([]), position: position), count: 1, depth: 1)
            for (key, value) in mapping {
                let name = try Self.name(of: key, in: position)
                let child = try convertChild(value, of: &measured, room: room, depth: depth)
                entries.append(ConfigurationNode.Entry(key: name.text, position: name.position, value: child))
            }
            measured.node = ConfigurationNode(content: .mapping(entries), position: position)
            anchor = mapping.anchor
        case .alias(let alias):
            return try follow(alias.anchor.rawValue, at: position, room: room, depth: depth)
        }
        if let anchor { anchors[anchor.rawValue] = measured }
        return measured
    }

    private mutating func convertChild(
        _ child: Node, of parent: inout Measured, room: Int, depth: Int
    ) throws(SourceProblem) -> ConfigurationNode {
        let measured = try convert(child, room: room - parent.count, depth: depth + 1)
        parent.count += measured.count
        parent.depth = max(parent.depth, measured.depth + 1)
        return measured.node
    }

    private func follow(
        _ name: String, at position: SourcePosition, room: Int, depth: Int
    ) throws(SourceProblem) -> Measured {
        guard let target = anchors[name] else {
            throw SourceProblem(
                position: position, message: "the alias *\(Self.restored(name)) has no anchor before it")
        }
        guard target.count <= room else { throw Self.tooManyNodes(position) }
        guard depth + target.depth - 1 <= Self.maximumDepth else {
            throw SourceProblem(position: position, message: "is nested deeper than \(Self.maximumDepth) levels")
        }
        return target
    }

    private static func name(
        of key: Node, in position: SourcePosition
    ) throws(SourceProblem) -> (text: String, position: SourcePosition) {
        let position = key.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? position
        guard case .scalar(let scalar) = key,
            !(scalar.style == .plain && scalar.string.unicodeScalars.first == aliasMark)
        else {
            throw SourceProblem(position: position, message: "a key must be a plain name, not a list, mapping or alias")
        }
        try refuseTag(scalar.tag, position)
        return (restored(scalar.string), position)
    }

    private static func refuseTag(_ tag: Tag, _ position: SourcePosition) throws(SourceProblem) {
        let known: [Tag.Name] = [.implicit, .str, .map, .seq]
        guard known.contains(where: { $0.rawValue == tag.rawValue }) else {
            throw SourceProblem(position: position, message: "tags (words that begin with `!`) are not supported")
        }
    }

    private static func tooManyNodes(_ position: SourcePosition) -> SourceProblem {
        SourceProblem(
            position: position,
            message: "the file has more than \(maximumNodes) values once its aliases are followed")
    }

    private static func restored(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { result.append(scalar == aliasMark ? "*" : scalar) }
        return String(result)
    }

    private static func translated(_ error: any Error, source: String) -> SourceProblem {
        // The library's own description repeats lines of the file, which may hold secrets.
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            let lines = source.utf8.split(
                separator: UInt8(ascii: "\n"), maxSplits: mark.line, omittingEmptySubsequences: false)
            let line = mark.line >= 1 && mark.line <= lines.count ? lines[mark.line - 1] : "".utf8[...]
            let hasTab = line.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
                .contains(UInt8(ascii: "\t"))
            return SourceProblem(
                position: SourcePosition(line: mark.line, column: mark.column),
                message: hasTab
                    ? "the line is indented with a tab; YAML allows only spaces" : "is not valid YAML: \(problem)")
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { Printable.quoted(restored($0)) }.joined(separator: ", ")
            return SourceProblem(
                position: SourcePosition(line: context.mark.line, column: context.mark.column),
                message: "the key \(names) stands twice in the same section")
        default:
            return SourceProblem(position: .start, message: "is not valid YAML")
        }
    }
}
