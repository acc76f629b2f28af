/// What the body of an error answer says, whichever shape it has.
///
/// Reading never fails: from a known JSON envelope come its fields, from a page its title, from anything else its
/// beginning, and from nothing the name of the status. The texts are free of control characters and bounded, but not
/// free of secrets; ``ProviderError`` removes those.
package struct ProviderErrorBody: Sendable, Hashable {
    /// How much of a body is read; an error that is longer is not one for people.
    package static let maximumBytes = 65_536
    /// The most UTF-8 bytes of ``message``.
    static let maximumMessageBytes = 8_192
    /// The most UTF-8 bytes of every other text.
    static let maximumNameBytes = 128
    /// The most entries of ``detailCodes``.
    static let maximumDetails = 16
    /// How much of a body of unknown shape becomes the message.
    static let maximumExcerptBytes = 200

    /// The provider's error type, for example `rate_limit_error`, or Gemini's status, for example `UNAVAILABLE`.
    package var type: String?
    /// The provider's error code, for example `context_length_exceeded`; a number is written in digits.
    package var code: String?
    /// The field of the request that the error is about.
    package var parameter: String?
    /// The provider's explanation, never empty.
    package var message: String
    /// The id of the request, when the body names it.
    package var requestID: String?
    /// The delay before the next try that the body asks for (Gemini's `RetryInfo`).
    package var retryDelay: Duration?
    /// Further codes from the details: Azure's inner code, Gemini's reasons and quota ids, OpenRouter's limit source.
    package var detailCodes: [String]

    /// Creates a body from its parts.
    package init(
        type: String? = nil, code: String? = nil, parameter: String? = nil, message: String, requestID: String? = nil,
        retryDelay: Duration? = nil, detailCodes: [String] = []
    ) {
        self.type = type
        self.code = code
        self.parameter = parameter
        self.message = message
        self.requestID = requestID
        self.retryDelay = retryDelay
        self.detailCodes = detailCodes
    }

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - bytes: The body, or as much of it as was read; only the first 64 KiB count. Need not be valid UTF-8.
    ///   - status: The status of the answer, which names an error without an explanation.
    package init(parsing bytes: some Collection<UInt8>, status: Int? = nil) {
        let text = String(decoding: bytes.prefix(Self.maximumBytes), as: UTF8.self)
        let trimmed = ErrorText.trimmed(text[...])
        if let document = Self.document(in: trimmed), !document.isEmpty {
            self.init(document, status: status)
        } else {
            self.init(unstructured: trimmed, status: status)
        }
    }

    /// The status that the body itself names, for errors that arrive inside a successful answer.
    var statusInBody: Int? {
        code.flatMap { Int($0) }.flatMap { (400...599).contains($0) ? $0 : nil }
    }

    private init(_ document: ErrorDocument, status: Int?) {
        func name(_ text: String?) -> String? {
            text.map { ErrorText.clean($0, limit: Self.maximumNameBytes) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let message = ErrorText.clean(document.message ?? "", limit: Self.maximumMessageBytes)
        let retryDelay = document.retryDelay.flatMap { ProviderDuration.parse($0) }
        self.init(
            type: name(document.type),
            code: name(document.code),
            parameter: name(document.parameter),
            message: message.isEmpty ? Self.genericMessage(status) : message,
            requestID: name(document.requestID),
            retryDelay: retryDelay,
            detailCodes: document.detailCodes.prefix(Self.maximumDetails).compactMap(name)
        )
    }

    private init(unstructured text: Substring, status: Int?) {
        if HTMLSummary.isHTML(text) {
            self.init(message: HTMLSummary.text(of: text) ?? Self.genericMessage(status))
        } else {
            // Text that begins like JSON is a cut or unknown document; a message would be a plain sentence.
            let isDocument = text.hasPrefix("{") || text.hasPrefix("[")
            let limit = isDocument ? Self.maximumExcerptBytes : Self.maximumMessageBytes
            let message = ErrorText.clean(String(text), limit: limit)
            self.init(message: message.isEmpty ? Self.genericMessage(status) : message)
        }
    }

    /// The JSON document in a text: all of it, or its first line where a server framed the error as a stream.
    private static func document(in text: Substring) -> ErrorDocument? {
        if let document = ErrorDocument(json: text) { return document }
        for line in text.split(maxSplits: 8, whereSeparator: \.isNewline).prefix(8) {
            let payload = ErrorText.trimmed(line.hasPrefix("data:") ? line.dropFirst(5) : line)
            if payload.hasPrefix("{"), payload.endIndex != text.endIndex || payload.startIndex != text.startIndex,
                let document = ErrorDocument(json: payload)
            {
                return document
            }
        }
        return nil
    }

    private static func genericMessage(_ status: Int?) -> String {
        status.map(StatusPhrase.text) ?? "no explanation"
    }
}
