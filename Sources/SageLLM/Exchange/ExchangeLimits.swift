/// How long the parts of one attempt may take, and how much it may return.
public struct ExchangeLimits: Sendable, Hashable {
    /// From sending to the head of the answer, connecting included.
    public var responseHeaders: Duration
    /// From the head of a stream to its first token.
    public var firstToken: Duration
    /// From one token of a stream to the next.
    public var betweenTokens: Duration
    /// The whole attempt, up to the end of an answer or the first token of a stream.
    public var attempt: Duration
    /// A whole stream, from sending the request of the attempt to the end of the answer; nil is no limit.
    ///
    /// Reading slowly uses it up too. A stream that is not over by then ends with `timeout(.total)`.
    public var streamTotal: Duration?
    /// The fewest tokens a second, counted as events with content; nil lets a stream drip as slowly as
    /// ``betweenTokens`` allows.
    ///
    /// Averaged over ``throughputWindow``; the time in which the reader does not read does not count. A stream that
    /// falls below ends with `timeout(.throughput)`.
    public var minThroughput: Double?
    /// Over how long ``minThroughput`` is averaged.
    public var throughputWindow: Duration
    /// The longest answer that is not a stream, in bytes.
    public var maxBodyBytes: Int

    /// Creates limits.
    ///
    /// - Parameters:
    ///   - responseHeaders: From sending to the head of the answer. Defaults to 60 s.
    ///   - firstToken: From the head of a stream to its first token. Defaults to 30 s.
    ///   - betweenTokens: From one token to the next. Defaults to 30 s.
    ///   - attempt: The whole attempt, up to the end of an answer or the first token of a stream. Defaults to 60 s.
    ///   - streamTotal: A whole stream, from sending to its end, the reader's time included. Defaults to nil: no limit,
    ///     because the length of an answer is not known before.
    ///   - minThroughput: The fewest tokens a second. Defaults to nil: no minimum.
    ///   - throughputWindow: Over how long that is averaged. Defaults to 10 s.
    ///   - maxBodyBytes: The longest answer that is not a stream. Defaults to 64 MiB.
    public init(
        responseHeaders: Duration = .seconds(60), firstToken: Duration = .seconds(30),
        betweenTokens: Duration = .seconds(30), attempt: Duration = .seconds(60),
        streamTotal: Duration? = nil, minThroughput: Double? = nil, throughputWindow: Duration = .seconds(10),
        maxBodyBytes: Int = 64 << 20
    ) {
        self.responseHeaders = responseHeaders
        self.firstToken = firstToken
        self.betweenTokens = betweenTokens
        self.attempt = attempt
        self.streamTotal = streamTotal
        self.minThroughput = minThroughput
        self.throughputWindow = throughputWindow
        self.maxBodyBytes = maxBodyBytes
    }
}
