import HTTPTypes

extension HTTPFields {
    /// The fields of a client's request that a provider gets to see.
    ///
    /// A list of what passes, not of what is held back: credentials and addresses of clients have no standard names.
    var filteredForProvider: HTTPFields {
        filtered { Self.towardsProvider.contains($0) }
    }

    /// The fields of a provider's answer that the client gets to see.
    var filteredForClient: HTTPFields {
        filtered { Self.towardsClient.contains($0) || $0.hasPrefix("x-ratelimit-") }
    }

    private static let towardsProvider: Set<String> = [
        "http-referer", "idempotency-key", "openai-beta", "traceparent", "tracestate", "user-agent",
        "x-client-request-id", "x-title",
    ]

    private static let towardsClient: Set<String> = [
        "content-type", "openai-model", "openai-processing-ms", "openai-version", "x-request-id",
    ]

    private func filtered(_ isIncluded: (String) -> Bool) -> HTTPFields {
        var result = HTTPFields()
        for field in self where isIncluded(field.name.canonicalName) { result.append(field) }
        return result
    }
}
