/// A proxy's error page, reduced to the line that a person would read.
enum HTMLSummary {
    /// Whether a text is a page rather than a message.
    static func isHTML(_ text: Substring) -> Bool {
        let start = text.utf8.prefix(64).map(ErrorText.lowercased)
        return ["<!doctype", "<html", "<head", "<body", "<?xml", "<title", "<h1", "<center", "<!--", "<p"].contains {
            start.starts(with: $0.utf8)
        }
    }

    /// The title of a page, or else its first heading, as plain text of at most 120 bytes.
    static func text(of page: Substring) -> String? {
        let bytes = Array(page.utf8)
        let folded = bytes.map(ErrorText.lowercased)
        for element in ["title", "h1", "message"] {
            guard let content = content(of: element, in: folded) else { continue }
            let text = ErrorText.clean(stripped(bytes[content]), limit: 120)
            if !text.isEmpty { return text }
        }
        return nil
    }

    private static func content(of element: String, in bytes: [UInt8]) -> Range<Int>? {
        guard let opening = find("<\(element)", in: bytes, from: 0),
            let start = bytes[opening...].firstIndex(of: 0x3E).map({ $0 + 1 }),
            let end = find("</\(element)", in: bytes, from: start)
        else { return nil }
        return start..<end
    }

    /// The position after an opening tag's name, or of a closing tag.
    private static func find(_ text: String, in bytes: [UInt8], from start: Int) -> Int? {
        let pattern = text.utf8
        var position = start
        while position + pattern.count <= bytes.count {
            if bytes[position] == 0x3C, bytes[position..<position + pattern.count].elementsEqual(pattern) {
                return position
            }
            position += 1
        }
        return nil
    }

    private static func stripped(_ bytes: ArraySlice<UInt8>) -> String {
        var text: [UInt8] = []
        var isInTag = false
        for byte in bytes {
            switch byte {
            case 0x3C: isInTag = true
            case 0x3E where isInTag:
                isInTag = false
                text.append(0x20)
            default: if !isInTag { text.append(byte) }
            }
        }
        return decodingEntities(String(decoding: text, as: UTF8.self))
    }

    private static func decodingEntities(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let ampersand = rest.firstIndex(of: "&") {
            result += rest[..<ampersand]
            rest = rest[ampersand...]
            if let entity = entities.first(where: { rest.hasPrefix($0.name) }) {
                result += entity.text
                rest = rest.dropFirst(entity.name.count)
            } else {
                result += "&"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static let entities: [(name: String, text: String)] = [
        ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"),
        ("&nbsp;", " "), ("&mdash;", "—"), ("&ndash;", "–"),
    ]
}
