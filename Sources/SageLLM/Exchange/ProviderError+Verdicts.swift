package import HTTPTypes
package import NIOCore

extension ProviderError {
    /// What a whole answer of a successful status is instead of an answer; nil if it is one.
    init?(
        _ verdict: AnswerInspection.Verdict, target: String, headers: HTTPFields, now: Int64,
        redaction: SecretRedaction
    ) {
        let detail: String
        switch verdict {
        case .complete: return nil
        case .failed(let payload):
            self = .streamError(
                target: target, payload: payload.readableBytesView, headers: headers, now: now, redaction: redaction)
            return
        case .incomplete(let reason): detail = reason
        case .unexpected(let kind): detail = "an object was expected, \(kind) came"
        case .truncated: detail = "its JSON is cut off"
        case .notJSON(_, let isHTML): detail = isHTML ? "it is an HTML page" : "it is not JSON"
        }
        self = .malformedAnswer(target: target, headers: headers, detail: detail)
    }

    /// What a stream of a successful status is instead of a whole answer; nil if it is one.
    init?(
        _ verdict: StreamVerdict, target: String, headers: HTTPFields, now: Int64, redaction: SecretRedaction
    ) {
        switch verdict {
        case .complete:
            return nil
        case .truncated(let truncation):
            self = .truncatedStream(target: target, headers: headers, detail: "\(truncation)")
        case .failed(let payload):
            self = .streamError(
                target: target, payload: payload.readableBytesView, headers: headers, now: now, redaction: redaction)
        case .malformed(let error):
            self = .malformedAnswer(target: target, headers: headers, detail: "\(error.reason)")
        }
    }

    /// What the gateway would have made of an answer that somebody recorded; nil if it is a whole answer or stream.
    ///
    /// - Parameters:
    ///   - target: The target that was called, usually `provider/model`.
    ///   - format: The format of the answer. Defaults to OpenAI's chat completions.
    ///   - status: The status of the answer; nil if the body is an error that arrived inside a stream.
    ///   - headers: The headers of the answer.
    ///   - body: The body. One that begins like an event stream is read as one.
    ///   - now: The present in seconds since 1970, for hints that are dates.
    package static func recorded(
        target: String, format: WireFormat = .chatCompletions, status: Int?, headers: HTTPFields, body: ByteBuffer,
        now: Int64
    ) -> ProviderError? {
        guard let status else {
            return .streamError(target: target, payload: body.readableBytesView, headers: headers, now: now)
        }
        guard (200..<300).contains(status) else {
            return .answer(target: target, status: status, headers: headers, body: body.readableBytesView, now: now)
        }
        let isStream = ["data:", "event:", ":"].contains { body.readableBytesView.starts(with: $0.utf8) }
        guard isStream, var inspector = format.makeStreamInspector(expectedChoices: 1) else {
            let verdict = format.inspect(body).verdict
            return ProviderError(verdict, target: target, headers: headers, now: now, redaction: .patterns)
        }
        var parser = ServerSentEventParser()
        parser.append(body)
        parser.finish()
        do throws(ServerSentEventError) {
            while let event = try parser.next() { _ = inspector.inspect(event) }
        } catch {
            return .malformedAnswer(target: target, headers: headers, detail: "\(error)")
        }
        let verdict = inspector.verdict(incompleteEvent: parser.incompleteEvent)
        return ProviderError(verdict, target: target, headers: headers, now: now, redaction: .patterns)
    }
}
