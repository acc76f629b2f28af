private import FoundationEssentials

/// The fields of a provider's JSON error, collected from every envelope that providers use.
///
/// Decoding takes what it recognises and skips the rest; a field of an unexpected type counts as missing.
struct ErrorDocument: Decodable {
    private(set) var type: String?
    private(set) var code: String?
    private(set) var parameter: String?
    private(set) var message: String?
    private(set) var requestID: String?
    private(set) var retryDelay: String?
    private(set) var detailCodes: [String] = []

    /// Decodes a text; nil if it is not JSON.
    init?(json text: Substring) {
        // Through a repaired string, because the decoder guesses other encodings from raw bytes.
        guard let first = text.utf8.first, [0x7B, 0x5B, 0x22].contains(first) else { return nil }
        guard let document = try? JSONDecoder().decode(ErrorDocument.self, from: Data(text.utf8)) else { return nil }
        self = document
    }

    init(from decoder: any Decoder) {
        if let root = try? decoder.container(keyedBy: ErrorKey.self) {
            read(root: root)
        } else if var list = try? decoder.unkeyedContainer() {
            // Gemini's OpenAI-compatible endpoint wraps its error in an array of one.
            if let root = try? list.nestedContainer(keyedBy: ErrorKey.self) { read(root: root) }
        } else if let value = try? decoder.singleValueContainer() {
            message = try? value.decode(String.self)
        }
    }

    /// Whether nothing was recognised.
    var isEmpty: Bool {
        type == nil && code == nil && message == nil && requestID == nil && retryDelay == nil && detailCodes.isEmpty
    }

    private mutating func read(root: ErrorObject) {
        requestID = root.text("request_id") ?? root.text("requestId")
        if let error = root.object("error") {
            read(error: error)
            // vLLM and llama.cpp may put code and type beside the error.
            type = type ?? root.text("type").flatMap { $0 == "error" ? nil : $0 }
            code = code ?? root.text("code")
        } else if let text = root.text("error") {
            // Ollama: the text itself. OAuth style: a code, explained beside it.
            if let explanation = root.text("error_description") ?? root.text("message") {
                (code, message) = (root.text("code") ?? text, explanation)
            } else {
                message = text
            }
        } else if let response = root.object("response"), let error = response.object("error") {
            // A failed response of OpenAI's Responses API.
            read(error: error)
        } else if readBlocked(root) {
            // Everything is said.
        } else if let error = root.objects("errors").first {
            read(error: error)
        } else {
            read(error: root)
        }
        requestID = requestID ?? root.object("error")?.text("request_id")
    }

    private mutating func read(error: ErrorObject) {
        // Azure's `status` is the number of the HTTP status, Gemini's a name.
        let status = error.text("status").flatMap { Int($0) == nil ? $0 : nil }
        type = (error.text("type") ?? status).flatMap { $0 == "error" ? nil : $0 }
        code = error.text("code")
        parameter = error.text("param")
        message =
            error.text("message") ?? error.text("msg") ?? error.text("detail")
            ?? error.objects("detail").first?.text("msg")
        readInnerErrors(of: error)
        if let details = error.object("details") {
            readCodes(of: details)
        }
        for detail in error.objects("details") {
            readCodes(of: detail)
            retryDelay = retryDelay ?? detail.text("retryDelay")
            detailCodes += detail.objects("violations").compactMap { $0.text("quotaId") }
        }
        if let metadata = error.object("metadata") { readMetadata(metadata) }
    }

    /// Gemini answers with 200 to a prompt that it has blocked, and when the model has failed or was stopped by a filter
    /// before it said anything.
    private mutating func readBlocked(_ root: ErrorObject) -> Bool {
        if let feedback = root.object("promptFeedback"), let reason = feedback.text("blockReason") {
            (type, code) = (reason, "content_filter")
            message = feedback.text("blockReasonMessage") ?? "the prompt was blocked: \(reason)"
            return true
        }
        guard let candidate = root.objects("candidates").first, let reason = candidate.text("finishReason") else {
            return false
        }
        let isFiltered = GeminiFinishReason.filtered.contains(reason)
        (type, code) = (reason, isFiltered ? "content_filter" : nil)
        message =
            candidate.text("finishMessage")
            ?? (isFiltered ? "the answer was blocked: \(reason)" : "the model's answer is unusable: \(reason)")
        return true
    }

    /// Azure nests the reason one or more levels deep.
    private mutating func readInnerErrors(of error: ErrorObject) {
        var inner = error.object("innererror") ?? error.object("inner_error")
        for _ in 0..<4 {
            guard let object = inner else { return }
            readCodes(of: object)
            inner = object.object("innererror")
        }
    }

    private mutating func readCodes(of object: ErrorObject) {
        detailCodes += ["code", "error_code", "type", "reason"].compactMap { object.text($0) }
    }

    /// OpenRouter: where the limit comes from, whether moderation refused, and what the provider behind it said.
    private mutating func readMetadata(_ metadata: ErrorObject) {
        detailCodes += ["limit_source", "error_type"].compactMap { metadata.text($0) }
        if metadata.contains(ErrorKey("flagged_input")) { detailCodes.append("flagged_input") }
        if let raw = metadata.text("raw"), !raw.isEmpty { message = message.map { "\($0): \(raw)" } ?? raw }
    }
}

private typealias ErrorObject = KeyedDecodingContainer<ErrorKey>

private struct ErrorKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension KeyedDecodingContainer<ErrorKey> {
    /// How many elements of a list are looked at.
    private static var maximumElements: Int { 16 }

    /// A string, or a whole number in digits.
    fileprivate func text(_ name: String) -> String? {
        let key = ErrorKey(name)
        guard contains(key) else { return nil }
        if let text = try? decode(String.self, forKey: key) { return text }
        return (try? decode(Int.self, forKey: key)).map { String($0) }
    }

    fileprivate func object(_ name: String) -> ErrorObject? {
        let key = ErrorKey(name)
        guard contains(key) else { return nil }
        return try? nestedContainer(keyedBy: ErrorKey.self, forKey: key)
    }

    fileprivate func objects(_ name: String) -> [ErrorObject] {
        let key = ErrorKey(name)
        guard contains(key), var list = try? nestedUnkeyedContainer(forKey: key) else { return [] }
        var objects: [ErrorObject] = []
        for _ in 0..<Self.maximumElements {
            // An element of another type is not consumed, so the list ends there.
            guard !list.isAtEnd, let object = try? list.nestedContainer(keyedBy: ErrorKey.self) else { break }
            objects.append(object)
        }
        return objects
    }
}
