/// The names of Gemini's models as they stand in a path.
enum GeminiResource {
    /// The collections that models are in.
    private static let collections: Set<String> = ["models", "tunedModels"]

    /// The full name of a model: `models/x`, unless it already names its collection.
    static func name(_ model: String) -> String {
        let (collection, name) = split(model)
        return "\(collection)/\(name)"
    }

    /// The path of a model: its collection and one segment.
    ///
    /// Names come from clients, and nothing but that segment may come of them: slashes are escaped, and a segment of
    /// nothing but dots, which a server might resolve even when it is escaped, becomes one of underscores.
    static func path(_ model: String) -> String {
        let (collection, name) = split(model)
        if !name.isEmpty, name.utf8.allSatisfy(isUnreserved), !name.utf8.allSatisfy({ $0 == dot }) {
            return "\(collection)/\(name)"
        }
        var path = Array(collection.utf8)
        path.append(slash)
        for (index, segment) in name.utf8.split(separator: slash, omittingEmptySubsequences: false).enumerated() {
            if index > 0 { appendEscaped(slash, to: &path) }
            let isDots = segment.allSatisfy { $0 == dot }
            if segment.isEmpty { path.append(UInt8(ascii: "_")) }
            for byte in segment {
                if isDots {
                    path.append(UInt8(ascii: "_"))
                } else if isUnreserved(byte) {
                    path.append(byte)
                } else {
                    appendEscaped(byte, to: &path)
                }
            }
        }
        return String(decoding: path, as: UTF8.self)
    }

    private static func split(_ model: String) -> (collection: Substring, name: Substring) {
        if let slash = model.firstIndex(of: "/"), collections.contains(String(model[..<slash])) {
            return (model[..<slash], model[model.index(after: slash)...])
        }
        return ("models", model[...])
    }

    private static let slash = UInt8(ascii: "/")
    private static let dot = UInt8(ascii: ".")

    /// Whether a byte may stand in a path as it is (RFC 3986).
    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ErrorText.isAlphanumeric(byte) || byte == dot || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: "~")
    }

    private static func appendEscaped(_ byte: UInt8, to path: inout [UInt8]) {
        path.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] {
            path.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
    }
}
