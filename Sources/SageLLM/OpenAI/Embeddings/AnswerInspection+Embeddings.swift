import NIOCore

extension AnswerInspection {
    /// Looks at the body of an answer of OpenAI's embeddings: an object with vectors.
    ///
    /// Without any, OpenAI's own library fails only when it unpacks them.
    static func embeddings(_ body: ByteBuffer) -> AnswerInspection {
        vectors(body, array: "data", single: nil, vector: "embedding")
    }

    /// Looks at an answer that holds vectors, of which the first is looked at: their numbers are most of the body.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - array: The member that is the array of objects with vectors.
    ///   - single: The member that is one such object instead; nil for none.
    ///   - vector: The member of such an object that is the vector, as numbers or in base64.
    static func vectors(_ body: ByteBuffer, array: String, single: String?, vector: String) -> AnswerInspection {
        let bytes = body.readableBytesSpan
        do throws(JSONScanError) {
            let scan = try VectorsScan(bytes, array: array, single: single, vector: vector)
            var inspection = AnswerInspection(.complete, usage: scan.usage)
            if let range = scan.error {
                inspection.verdict = .failed(body.slice(range))
            } else if scan.root != .object {
                inspection.verdict = .unexpected(scan.root)
            } else if !scan.hasVector {
                inspection.verdict = .incomplete("it has no vectors")
            }
            return inspection
        } catch {
            return AnswerInspection(error, in: bytes)
        }
    }
}

/// What an answer with vectors tells, found without decoding it.
private struct VectorsScan {
    private(set) var root = JSONKind.object
    private(set) var error: Range<Int>?
    private(set) var hasVector = false
    private(set) var usage: TokenCounts?

    init(_ bytes: RawSpan, array: String, single: String?, vector: String) throws(JSONScanError) {
        var scanner = JSONScanner()
        try scanner.skipDocumentStart(in: bytes)
        root = try scanner.kindOfValue(in: bytes)
        var members: JSONMembers
        if root == .object {
            members = try JSONMembers(document: bytes)
        } else {
            let document = try JSONScanner.validate(bytes)
            guard root == .array else { return }
            // Gemini wraps errors in an array of one.
            var elements = JSONElements(at: document.range.lowerBound)
            guard let first = try elements.next(in: bytes), first.kind == .object else { return }
            members = JSONMembers(at: first.range.lowerBound)
        }
        var hasCode = false
        var hasMessage = false
        while let member = try members.next(in: bytes) {
            let value = member.value
            if member.hasKey(array, in: bytes) {
                guard value.kind == .array else { continue }
                var elements = JSONElements(at: value.range.lowerBound)
                if let first = try elements.next(in: bytes) {
                    hasVector = try Self.isVector(first, vector, in: bytes)
                }
            } else if let single, member.hasKey(single, in: bytes) {
                hasVector = try Self.isVector(value, vector, in: bytes)
            } else if member.hasKey("error", in: bytes) {
                if value.isTruthy(in: bytes) { error = value.range }
            } else if member.hasKey("usage", in: bytes) {
                usage = try TokenCounts(value, in: bytes)
            } else if member.hasKey("usageMetadata", in: bytes) {
                usage = try TokenCounts(gemini: value, in: bytes)
            } else if member.hasKey("code", in: bytes) {
                hasCode = value.isTruthy(in: bytes)
            } else if member.hasKey("message", in: bytes) {
                hasMessage = value.kind == .string && value.isTruthy(in: bytes)
            }
        }
        // SiliconFlow's errors, beside which `data` is null.
        if error == nil, !hasVector, hasCode, hasMessage { error = members.range }
    }

    private static func isVector(
        _ object: JSONToken, _ vector: String, in bytes: RawSpan
    ) throws(JSONScanError) -> Bool {
        guard object.kind == .object else { return false }
        var members = JSONMembers(at: object.range.lowerBound)
        while let member = try members.next(in: bytes) {
            guard member.hasKey(vector, in: bytes) else { continue }
            let isPlausible = member.value.kind == .array || member.value.kind == .string
            if isPlausible, member.value.isTruthy(in: bytes) { return true }
        }
        return false
    }
}
