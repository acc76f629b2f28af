/// Reads the content of a message of a chat completion: a text, or parts.
enum ChatPartReader {
    static func parts(
        _ message: WireObject, _ request: inout NeutralRequest
    ) throws(TranslationError) -> [NeutralPart] {
        switch message.value("content") {
        case nil: return []
        case .string(let text): return text.isEmpty ? [] : [.text(text)]
        case .array:
            var parts: [NeutralPart] = []
            for part in try message.objects("content") ?? [] { parts.append(try read(part, &request)) }
            return parts
        case let other?:
            throw message.invalid("content", "a string or an array of parts is expected, found \(other.kind)")
        }
    }

    private static func read(
        _ part: WireObject, _ request: inout NeutralRequest
    ) throws(TranslationError) -> NeutralPart {
        if part.value("cache_control") != nil { request.drop("cache_control") }
        if part.value("prompt_cache_breakpoint") != nil { request.drop("prompt_cache_breakpoint") }
        let type = try part.requiredString("type")
        switch type {
        case "text":
            guard let text = try part.string("text") else { throw part.invalid("text", "a string is required") }
            return .text(text)
        case "refusal": return .refusal(try part.requiredString("refusal"))
        case "image_url": return .image(try image(part, &request))
        case "input_audio": return .audio(try audio(part))
        case "file": return try file(part)
        default:
            throw part.unknown("type", type, allowed: "text, image_url, input_audio, file or refusal")
        }
    }

    private static func image(
        _ part: WireObject, _ request: inout NeutralRequest
    ) throws(TranslationError) -> NeutralMedia {
        let image = try part.requiredObject("image_url")
        let url = try image.requiredString("url")
        if let detail = try image.string("detail"), detail != "auto" { request.drop("image_url.detail") }
        if let data = DataURL(url) { return .base64(data.base64, mediaType: data.mediaType) }
        guard isWebAddress(url) else {
            throw image.invalid("url", "a data URL in base64, or an address that begins with http or https is expected")
        }
        return .url(url, mediaType: nil)
    }

    private static func audio(_ part: WireObject) throws(TranslationError) -> NeutralMedia {
        let audio = try part.requiredObject("input_audio")
        let format = try audio.requiredString("format")
        let mediaType =
            switch format {
            case "wav": "audio/wav"
            case "mp3": "audio/mpeg"
            default: throw audio.unknown("format", format, allowed: "wav or mp3")
            }
        return .base64(try audio.requiredString("data"), mediaType: mediaType)
    }

    private static func file(_ part: WireObject) throws(TranslationError) -> NeutralPart {
        let file = try part.requiredObject("file")
        guard file.value("file_id") == nil else {
            throw file.invalid(
                "file_id", "an uploaded file stays with its provider; only file_data can be carried over")
        }
        let text = try file.requiredString("file_data")
        let name = try file.string("filename")
        if let data = DataURL(text) { return .document(.base64(data.base64, mediaType: data.mediaType), name: name) }
        guard name?.lowercased().hasSuffix(".pdf") == true, !text.lowercased().hasPrefix("data:") else {
            throw file.invalid("file_data", "a data URL in base64, or the base64 of a file named .pdf is expected")
        }
        return .document(.base64(text, mediaType: "application/pdf"), name: name)
    }
}
