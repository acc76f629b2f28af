/// Text from a file made fit for a one-line message: short, without control characters, without credentials.
enum Printable {
    /// The most characters of a value that a message repeats.
    static let maximumLength = 60

    /// How the keys of well-known services begin; a value pasted into the wrong field must not reach a log.
    private static let credentialPrefixes = [
        "sk-", "sk_", "pk-", "pk_", "gsk_", "hf_", "ghp_", "github_pat_", "xox", "AIza", "eyJ", "Bearer ", "Basic ",
    ]

    /// The text in double quotes, escaped and cut.
    static func quoted(_ text: String) -> String {
        if looksLikeCredential(text) { return Secret.placeholder }
        var result = "\""
        for (offset, scalar) in text.unicodeScalars.enumerated() {
            if offset == maximumLength { return result + "...\"" }
            result += escaped(scalar)
        }
        return result + "\""
    }

    /// The text as a message shows it: bare where that is clear, else in quotes.
    static func value(_ text: String) -> String {
        let isBare =
            !text.isEmpty && text.unicodeScalars.count <= maximumLength
            && text.unicodeScalars.allSatisfy { (0x21...0x7E).contains($0.value) && $0 != "\"" }
        return isBare && !looksLikeCredential(text) ? text : quoted(text)
    }

    /// Whether a text may stand in a header or a token: no control character, nothing outside printable Unicode.
    static func hasControlCharacters(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format, .surrogate, .unassigned: true
            default: false
            }
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default:
            hasControlCharacters(String(scalar))
                ? "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}" : String(scalar)
        }
    }

    private static func looksLikeCredential(_ text: String) -> Bool {
        credentialPrefixes.contains { text.hasPrefix($0) }
    }
}
