import SageResilience

/// A value on its way out: what the field tables make of a configuration, before it becomes YAML or JSON.
enum RenderedValue: Sendable, Hashable {
    case null
    case flag(Bool)
    case number(String)
    case text(String)
    case list([RenderedValue])
    case section([Entry])

    struct Entry: Sendable, Hashable {
        let key: String
        let value: RenderedValue
    }
}

extension RenderedValue {
    /// The value as a YAML document that the loader reads back; a `$` is doubled.
    var yaml: String {
        var lines: [String] = []
        appendYAML(to: &lines, indent: 0)
        return lines.joined(separator: "\n") + "\n"
    }

    private func appendYAML(to lines: inout [String], indent: Int) {
        let margin = String(repeating: "  ", count: indent)
        switch self {
        case .section(let entries):
            for entry in entries {
                let key = "\(margin)\(Self.yamlScalar(entry.key)):"
                if let inline = entry.value.inlineYAML {
                    lines.append("\(key) \(inline)")
                } else {
                    lines.append(key)
                    entry.value.appendYAML(to: &lines, indent: indent + 1)
                }
            }
        case .list(let items):
            for item in items {
                if let inline = item.inlineYAML {
                    lines.append("\(margin)- \(inline)")
                } else {
                    let start = lines.count
                    item.appendYAML(to: &lines, indent: indent + 1)
                    lines[start].replaceSubrange(
                        lines[start].startIndex..<lines[start].index(lines[start].startIndex, offsetBy: 2 * indent + 2),
                        with: "\(margin)- ")
                }
            }
        case .null, .flag, .number, .text: lines.append(margin + (inlineYAML ?? "null"))
        }
    }

    /// The value on one line; nil for what needs lines of its own.
    private var inlineYAML: String? {
        switch self {
        case .null: "null"
        case .flag(let isOn): isOn ? "true" : "false"
        case .number(let digits): digits
        case .text(let text):
            Self.yamlScalar(text.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$"))
        case .list(let items): items.isEmpty ? "[]" : nil
        case .section(let entries): entries.isEmpty ? "{}" : nil
        }
    }

    /// Plain where nothing could read it as something else, else in double quotes, whose escapes are JSON's.
    private static func yamlScalar(_ text: String) -> String {
        let words = ["null", "true", "false", "yes", "no", "on", "y", "n"]
        let isPlain =
            text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: " "):
                    true
                default: false
                }
            }
            && text.utf8.first.map { $0 | 0x20 }.map { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) } == true
            && !text.contains(": ") && !text.hasSuffix(":") && !text.hasSuffix(" ")
            && !words.contains(text.lowercased())
        let isQuantity = DurationText.parse(text) != nil || text.hasSuffix(" calls")
        let isAddress =
            text.utf8.allSatisfy { DecimalText.isDigit($0) || $0 == UInt8(ascii: ".") }
            && text.utf8.filter { $0 == UInt8(ascii: ".") }.count == 3
        return isPlain || isQuantity || isAddress ? text : jsonString(text)
    }
}

extension RenderedValue {
    /// The value as JSON, indented by two spaces.
    var json: String {
        var text = ""
        appendJSON(to: &text, indent: 0)
        return text + "\n"
    }

    private func appendJSON(to text: inout String, indent: Int) {
        let margin = String(repeating: "  ", count: indent)
        switch self {
        case .null: text += "null"
        case .flag(let isOn): text += isOn ? "true" : "false"
        case .number(let digits): text += digits
        case .text(let value): text += Self.jsonString(value)
        case .list(let items):
            guard !items.isEmpty else { return text += "[]" }
            for (index, item) in items.enumerated() {
                text += index == 0 ? "[\n" : ",\n"
                text += "\(margin)  "
                item.appendJSON(to: &text, indent: indent + 1)
            }
            text += "\n\(margin)]"
        case .section(let entries):
            guard !entries.isEmpty else { return text += "{}" }
            for (index, entry) in entries.enumerated() {
                text += index == 0 ? "{\n" : ",\n"
                text += "\(margin)  \(Self.jsonString(entry.key)): "
                entry.value.appendJSON(to: &text, indent: indent + 1)
            }
            text += "\n\(margin)}"
        }
    }

    fileprivate static func jsonString(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0xFEFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
