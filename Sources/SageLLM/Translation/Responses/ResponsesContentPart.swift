/// The parts of a message's content in Responses.
enum ResponsesContentPart {
    /// Reads a part of a message or of a tool's result.
    static func read(_ part: inout FieldReader) throws(TranslationError) -> NeutralPart {
        switch try part.required(try part.string("type"), "type", "the type of a part") {
        case "input_text", "output_text", "text", "summary_text":
            // What was cited and how likely it was stands beside the text of an answer.
            _ = (part.value("annotations"), part.value("logprobs"))
            return .text(try part.required(try part.string("text"), "text", "a string"))
        case "refusal":
            return .refusal(try part.required(try part.string("refusal"), "refusal", "a string"))
        case "input_image":
            try refuseFile(part)
            let url = try part.required(try part.string("image_url"), "image_url", "a URL")
            return .image(media(url, mediaType: nil))
        case "input_file":
            try refuseFile(part)
            let name = try part.string("filename")
            if let data = try part.string("file_data") {
                let guess = name.flatMap(MediaTypes.guess) ?? "application/pdf"
                return .document(DataURL(data).map(base64) ?? .base64(data, mediaType: guess), name: name)
            }
            let url = try part.required(try part.string("file_url"), "file_url", "a URL")
            return .document(media(url, mediaType: nil), name: name)
        case "input_audio":
            guard var audio = try part.object("input_audio") else {
                throw part.error("is missing; allowed is an object with data and format", "input_audio")
            }
            let format = try audio.required(try audio.string("format"), "format", "wav or mp3")
            return .audio(
                .base64(try audio.required(try audio.string("data"), "data", "base64"), mediaType: "audio/\(format)"))
        case let other:
            throw part.error(
                "is \(other.prefix(64).debugDescription); allowed are input_text, input_image, input_file, input_audio, "
                    + "output_text, refusal", "type")
        }
    }

    private static func refuseFile(_ part: FieldReader) throws(TranslationError) {
        guard !part.contains("file_id") else {
            throw part.error("only OpenAI has the file; send its content or a URL", "file_id")
        }
    }

    private static func base64(_ url: DataURL) -> NeutralMedia { .base64(url.base64, mediaType: url.mediaType) }

    private static func media(_ url: String, mediaType: String?) -> NeutralMedia {
        DataURL(url).map(base64) ?? .url(url, mediaType: mediaType)
    }

    /// Writes a part of a message of the user's.
    static func input(_ part: NeutralPart) -> JSONValue? {
        switch part {
        case .text(let text): ["type": "input_text", "text": .string(text)]
        case .image(let media): ["type": "input_image", "image_url": .string(url(media)), "detail": "auto"]
        case .document(.base64(let data, let type), let name):
            [
                "type": "input_file", "filename": .string(name ?? "document"),
                "file_data": .string(DataURL.text(data, mediaType: type)),
            ]
        case .document(.url(let url, _), _): ["type": "input_file", "file_url": .string(url)]
        default: nil
        }
    }

    private static func url(_ media: NeutralMedia) -> String {
        switch media {
        case .base64(let data, let type): DataURL.text(data, mediaType: type)
        case .url(let url, _): url
        }
    }

    /// The text of an answer.
    static func output(_ text: String) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    /// The text of a refusal.
    static func refusal(_ text: String) -> JSONValue { ["type": "refusal", "refusal": .string(text)] }
}

/// Where a function call of a response keeps what its provider wants back.
enum ResponsesSignature {
    /// The member, as Gemini's own OpenAI-compatible interface has it.
    static let member = "extra_content"

    static func read(_ json: JSONValue?) -> String? {
        json?["google"]?["thought_signature"]?.stringValue
    }

    static func write(_ signature: String) -> JSONValue {
        ["google": ["thought_signature": .string(signature)]]
    }
}
