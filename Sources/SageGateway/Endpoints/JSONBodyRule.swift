import HTTPTypes

/// What a body may say that it is, where JSON is expected.
///
/// A web page may have a browser send text or a form anywhere without asking, JSON it may not.
enum JSONBodyRule {
    /// - Throws: ``GatewayError`` with the status 415 for a body that says that it is not JSON.
    static func check(_ head: HTTPRequest) throws(GatewayError) {
        guard head.method == .post, let field = head.headerFields[.contentType] else { return }
        let type = field.prefix { $0 != ";" }.filter { !$0.isWhitespace }.lowercased()
        guard !type.isEmpty, !allowed.contains(type), !type.hasSuffix("+json") else { return }
        throw GatewayError(
            .invalidRequest, "content-type: is \(Printable.value(field)); application/json is expected", status: 415,
            parameter: "content-type")
    }

    /// JSON by its names, and what clients say of bodies that they know nothing of: curl that it is a form.
    private static let allowed: Set<String> = [
        "application/json", "text/json", "application/x-ndjson", "application/jsonl", "application/json-lines",
        "application/octet-stream", "application/x-www-form-urlencoded",
    ]
}
