/// A `data:` URL whose content is base64 (RFC 2397).
struct DataURL: Sendable, Hashable {
    /// The media type without its parameters, in lower case; `text/plain` if the URL names none.
    let mediaType: String
    /// The content.
    let base64: String

    /// Reads a URL; nil if it is no `data:` URL in base64.
    init?(_ text: String) {
        let bytes = text.utf8
        guard bytes.count > 5, text.prefix(5).lowercased() == "data:", let comma = bytes.firstIndex(of: .comma) else {
            return nil
        }
        // A media type has a few bytes, and looking through megabytes for it would be in vain.
        let head = text[bytes.index(bytes.startIndex, offsetBy: 5)..<comma]
        guard head.utf8.count <= 256 else { return nil }
        let words = head.lowercased().split(separator: ";", omittingEmptySubsequences: false)
        guard words.count > 1, words.last == "base64", let type = words.first else { return nil }
        mediaType = type.isEmpty ? "text/plain" : String(type)
        base64 = String(text[bytes.index(after: comma)...])
    }

    /// Writes a URL.
    static func text(_ base64: String, mediaType: String) -> String { "data:\(mediaType);base64,\(base64)" }
}

/// Whether a text is the address of something on the web.
func isWebAddress(_ text: String) -> Bool {
    let start = text.prefix(8).lowercased()
    return start.hasPrefix("https://") || start.hasPrefix("http://")
}
