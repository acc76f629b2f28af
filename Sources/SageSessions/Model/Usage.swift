/// What an answer has cost, in tokens.
public struct Usage: Sendable, Hashable {
    /// The tokens of the request; nil if unknown.
    public var inputTokens: Int64?
    /// The tokens of the answer; nil if unknown.
    public var outputTokens: Int64?
    /// How many of the request's tokens came from the provider's cache; nil if unknown.
    public var cachedInputTokens: Int64?

    /// Creates a figure.
    ///
    /// - Parameters:
    ///   - inputTokens: The tokens of the request.
    ///   - outputTokens: The tokens of the answer.
    ///   - cachedInputTokens: How many of the request's tokens came from a cache.
    public init(inputTokens: Int64? = nil, outputTokens: Int64? = nil, cachedInputTokens: Int64? = nil) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
        self.cachedInputTokens = cachedInputTokens
    }
}
