import HTTPTypes

extension HTTPFields {
    /// The fields of a client's request that a provider gets to see.
    ///
    /// A list of what passes, not of what is held back: credentials and addresses of clients have no standard names.
    var filteredForProvider: HTTPFields { filtered(Self.isTowardsProvider) }

    /// The fields of a provider's answer that the client gets to see.
    var filteredForClient: HTTPFields { filtered(Self.isTowardsClient) }

    /// The fields without those that only one dialect gives a meaning to.
    var withoutDialect: HTTPFields {
        filtered { $0 != "anthropic-beta" && $0 != "anthropic-version" && $0 != "openai-beta" }
    }

    // Every field of every request and answer is asked about: the length tells nearly all that do not pass, without a
    // hash of the name.

    private static func isTowardsProvider(_ name: String) -> Bool {
        switch name.utf8.count {
        case 7: name == "x-title"
        case 10: name == "user-agent" || name == "tracestate"
        case 11: name == "openai-beta" || name == "traceparent"
        case 12: name == "http-referer"
        case 14: name == "anthropic-beta"
        case 15: name == "idempotency-key"
        case 17: name == "anthropic-version"
        case 19: name == "x-client-request-id"
        default: false
        }
    }

    private static func isTowardsClient(_ name: String) -> Bool {
        switch name.utf8.count {
        case 10 where name == "request-id": true
        case 12 where name == "content-type" || name == "openai-model" || name == "x-request-id": true
        case 14 where name == "openai-version": true
        case 20 where name == "openai-processing-ms": true
        default: name.hasPrefix("x-ratelimit-") || name.hasPrefix("anthropic-ratelimit-")
        }
    }

    private func filtered(_ isIncluded: (String) -> Bool) -> HTTPFields {
        var result = HTTPFields()
        for field in self where isIncluded(field.name.canonicalName) { result.append(field) }
        return result
    }
}
