import HTTPTypes

/// What browsers want to be told before a page may read an answer (CORS, in the Fetch standard).
extension OriginCheck {
    /// The fields that an answer needs so that the browser shows it to the page that has asked.
    ///
    /// - Returns: None for programs and for pages that may not.
    func sharing(_ head: HTTPRequest) -> HTTPFields {
        guard let origin = head.headerFields[.origin], mayRead(origin) else { return [:] }
        return [
            .accessControlAllowOrigin: origin,
            // Request ids, targets, attempts and limits are of use to a page too, and there are no cookies to be shown.
            .accessControlExposeHeaders: "*",
            .vary: "origin",
        ]
    }

    /// The answer to a browser that asks whether a page may send a request; nil when it asks nothing of that kind.
    ///
    /// - Throws: ``GatewayError`` for a page that may not.
    func preflight(_ head: HTTPRequest) throws(GatewayError) -> HTTPFields? {
        let fields = head.headerFields
        guard head.method == .options, let origin = fields[.origin], fields[.accessControlRequestMethod] != nil else {
            return nil
        }
        guard mayRead(origin) else {
            throw GatewayError(
                .unauthorized,
                "pages of this origin may not ask; server.allowedOrigins names those that may", status: 403,
                parameter: "origin")
        }
        // Whose pages they are, every answer says.
        var answer: HTTPFields = [.accessControlAllowMethods: "GET, POST, DELETE"]
        // As they were asked for: a wildcard would not cover the field with the key.
        answer[.accessControlAllowHeaders] = fields[.accessControlRequestHeaders]
        answer[.accessControlMaxAge] = "600"
        return answer
    }
}
