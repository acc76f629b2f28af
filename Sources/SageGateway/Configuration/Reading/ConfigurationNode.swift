/// A place in a file; line and column count from 1, the column in Unicode scalars.
struct SourcePosition: Sendable, Hashable {
    var line: Int
    var column: Int

    static let start = SourcePosition(line: 1, column: 1)
}

/// A part of a YAML document after aliases have been followed, with the place it came from.
struct ConfigurationNode: Sendable {
    enum Content: Sendable {
        case scalar(String, isPlain: Bool)
        case sequence([ConfigurationNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        let key: String
        let position: SourcePosition
        let value: ConfigurationNode
    }

    let content: Content
    let position: SourcePosition

    /// Whether the value was left out or written as `null`; quotes make a text of it.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What kind of thing this is, for messages.
    var kind: String {
        switch content {
        case .scalar: isNull ? "empty" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// The way to a field, as it is written in messages: `models.smart.targets[0].provider`.
///
/// A name that would make the path ambiguous or unprintable is quoted: `models["gpt-4.1"]`.
struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    let description: String

    static let root = FieldPath(description: "")

    func key(_ name: String) -> FieldPath {
        let isSimple =
            !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
        guard isSimple, name.utf8.count <= Printable.maximumLength else {
            return FieldPath(description: "\(description)[\(Printable.quoted(name))]")
        }
        return FieldPath(description: description.isEmpty ? name : "\(description).\(name)")
    }

    func index(_ index: Int) -> FieldPath { FieldPath(description: "\(description)[\(index)]") }
}
