#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Writes where the content of an image or a document is, as Anthropic wants it.
enum MessagesSourceWriter {
    static func image(_ media: NeutralMedia, _ path: String) throws(TranslationError) -> JSONValue {
        switch media {
        case .url(let url, _):
            return ["type": "image", "source": ["type": "url", "url": .string(url)]]
        case .base64(let data, let mediaType):
            let type = mediaType == "image/jpg" ? "image/jpeg" : mediaType
            guard ["image/jpeg", "image/png", "image/gif", "image/webp"].contains(type) else {
                throw refused("images of \(mediaType.prefix(64).debugDescription)", "JPEG, PNG, GIF and WebP", path)
            }
            return ["type": "image", "source": base64(data, type)]
        }
    }

    static func document(_ media: NeutralMedia, _ name: String?, _ path: String) throws(TranslationError) -> JSONValue {
        var block: JSONObject = ["type": "document"]
        switch media {
        case .url(let url, _):
            block["source"] = ["type": "url", "url": .string(url)]
        case .base64(let data, "application/pdf"):
            block["source"] = base64(data, "application/pdf")
        case .base64(let data, let mediaType):
            // Anthropic takes text as it is.
            guard mediaType.hasPrefix("text/") || mediaType == "application/json" else {
                throw refused("documents of \(mediaType.prefix(64).debugDescription)", "PDF and text", path)
            }
            guard let bytes = Data(base64Encoded: data), let text = String(validating: bytes, as: UTF8.self) else {
                throw TranslationError("text in UTF-8, in base64, is expected", parameter: "\(path).content")
            }
            block["source"] = ["type": "text", "media_type": "text/plain", "data": .string(text)]
        }
        block.set("title", name)
        return .object(block)
    }

    private static func base64(_ data: String, _ mediaType: String) -> JSONValue {
        ["type": "base64", "media_type": .string(mediaType), "data": .string(data)]
    }

    private static func refused(_ what: String, _ allowed: String, _ path: String) -> TranslationError {
        TranslationError("Anthropic takes no \(what); allowed are \(allowed)", parameter: "\(path).content")
    }
}
