/// Reads where the content of an image or a document of Anthropic's is.
enum MessagesSourceReader {
    static func image(_ source: WireObject) throws(TranslationError) -> NeutralMedia {
        let type = try source.requiredString("type")
        switch type {
        case "base64": return try base64(source)
        case "url": return .url(try source.requiredString("url"), mediaType: nil)
        default: throw unknown(source, type, allowed: "base64 or url")
        }
    }

    /// A document of plain text becomes a text, since no other format has such documents.
    static func readDocument(
        _ block: WireObject, into parts: inout [NeutralPart], _ request: inout NeutralRequest
    ) throws(TranslationError) {
        let title = try block.string("title")
        let source = try block.requiredObject("source")
        let type = try source.requiredString("type")
        switch type {
        case "base64": parts.append(.document(try base64(source), name: title))
        case "url":
            parts.append(
                .document(.url(try source.requiredString("url"), mediaType: "application/pdf"), name: title))
        case "text":
            if let title { parts.append(.text(title)) }
            parts.append(.text(try source.requiredString("data")))
        case "content":
            if let title { parts.append(.text(title)) }
            parts += try MessagesBlockReader.parts(source, "content", &request)
        default: throw unknown(source, type, allowed: "base64, url, text or content")
        }
    }

    private static func base64(_ source: WireObject) throws(TranslationError) -> NeutralMedia {
        .base64(try source.requiredString("data"), mediaType: try source.requiredString("media_type"))
    }

    private static func unknown(_ source: WireObject, _ type: String, allowed: String) -> TranslationError {
        type == "file"
            ? source.invalid("type", "an uploaded file stays with its provider; allowed is \(allowed)")
            : source.unknown("type", type, allowed: allowed)
    }
}
