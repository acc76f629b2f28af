/// Text inside of labels and help lines.
enum Escaping {
    private static let special = Array("\\\n\"".utf8)

    /// A label's value: backslash, quotation mark and line feed are escaped, in both formats.
    static func labelValue(_ text: String) -> String {
        escaped(text, quotes: true)
    }

    /// A help text; only OpenMetrics escapes quotation marks in it.
    static func help(_ text: String, _ format: ExpositionFormat) -> String {
        escaped(text, quotes: format == .openMetrics)
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        // Bytes, because a line feed may be part of a longer Character.
        guard text.utf8.contains(where: special.contains) else { return text }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: #"\\"#.unicodeScalars)
            case "\n": escaped.append(contentsOf: #"\n"#.unicodeScalars)
            case "\"" where quotes: escaped.append(contentsOf: #"\""#.unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
