/// The parts of Gemini's contents.
enum GeminiPart {
    static func text(_ text: String) -> JSONValue { ["text": .string(text)] }

    /// A thought.
    ///
    /// - Parameter signature: As it stands on the wire.
    static func thought(_ text: String, signature: String?) -> JSONValue {
        var part: JSONObject = ["text": .string(text), "thought": true]
        part.set("thoughtSignature", signature)
        return .object(part)
    }

    /// A call of a function.
    ///
    /// - Parameter signature: As it stands on the wire.
    static func call(_ id: String, _ name: String, arguments: JSONValue, signature: String?) -> JSONValue {
        var part: JSONObject = ["functionCall": ["id": .string(id), "name": .string(name), "args": arguments]]
        part.set("thoughtSignature", signature)
        return .object(part)
    }

    /// Something that is no text.
    static func media(_ media: NeutralMedia) -> JSONValue {
        switch media {
        case .base64(let data, let mediaType):
            return ["inlineData": ["mimeType": .string(mediaType), "data": .string(data)]]
        case .url(let url, let mediaType):
            var file = JSONObject()
            file.set("mimeType", mediaType ?? MediaTypes.guess(url))
            file.set("fileUri", url)
            return ["fileData": .object(file)]
        }
    }

    /// The arguments of a call as an object; nil if the text is none.
    static func arguments(_ text: String) -> JSONValue? {
        if text.utf8.allSatisfy({ $0 <= .space }) { return .object(JSONObject()) }
        guard let value = try? JSONValue(parsing: text), value.kind == .object else { return nil }
        return value
    }

    /// Something that is no text, from `inlineData` or `fileData`; nil if the part has neither.
    static func readMedia(_ part: inout FieldReader) throws(TranslationError) -> NeutralMedia? {
        if var data = try part.object("inlineData") {
            let type = try data.required(try data.string("mimeType"), "mimeType", "a media type")
            return .base64(try data.required(try data.string("data"), "data", "base64"), mediaType: type)
        }
        if var file = try part.object("fileData") {
            let url = try file.required(try file.string("fileUri"), "fileUri", "a URL")
            return .url(url, mediaType: try file.string("mimeType"))
        }
        return nil
    }

    /// The part that a medium is by its type; nil if there is none for the type.
    static func neutral(_ media: NeutralMedia) -> NeutralPart? {
        let type: String? =
            switch media {
            case .base64(_, let mediaType): mediaType
            case .url(let url, let mediaType): mediaType ?? MediaTypes.guess(url)
            }
        return switch type?.prefix(while: { $0 != "/" }).lowercased() {
        case "image": .image(media)
        case "audio": .audio(media)
        case "video": nil
        default: .document(media, name: nil)
        }
    }
}
