package import HTTPTypes
package import NIOCore

/// A stream of chat-completion events from one target, forwarded as the provider wrote them.
///
/// A value with one owner: it is moved from who starts the exchange to who reads it. Reading is pulled, so a slow
/// reader slows the provider.
package struct ChatStream: Sendable {
    /// What comes next.
    package enum Step: Sendable {
        /// Whole events, byte for byte.
        case events(ByteBuffer)
        /// The answer is complete. `isMarked` tells whether the provider sent `[DONE]`.
        case end(isMarked: Bool)
        /// The answer breaks off here.
        case failed(ProviderError)
    }

    /// Without any content, a stream that sends more than this is not waited for.
    private static let maxUncommittedBytes = 1 << 20

    /// The header fields of the provider's answer.
    package let headers: HTTPFields
    private let exchange: ChatExchange
    private let body: UpstreamBody
    private let betweenTokens: Duration
    private var parser = ServerSentEventParser()
    private var inspector: ChatStreamInspector
    private var time: TimeBudget
    /// The bytes of the events that were read before the first token.
    private var uncommittedBytes = 0
    /// Events that have been read and not been handed out.
    private var unforwarded = ByteBuffer()
    private var ending: Step?

    init(
        exchange: ChatExchange, response: UpstreamResponse, expectedChoices: Int, betweenTokens: Duration,
        deadline: ContinuousClock.Instant?
    ) {
        self.exchange = exchange
        self.headers = response.headers
        self.body = response.body
        self.betweenTokens = betweenTokens
        self.inspector = ChatStreamInspector(expectedChoices: expectedChoices)
        self.time = TimeBudget(end: deadline)
    }

    /// The token counts that the stream has reported so far.
    package var usage: TokenCounts? { inspector.usage }

    /// How long the provider has been waited for since its last token; the reader's own time does not count.
    ///
    /// Tells a stream that was cut off by the end of all time while tokens came from one that had fallen silent.
    package var lastTokenAge: Duration { time.phaseAge(now: exchange.now()) }

    /// Whether the last token is so long ago that the provider, not the length of the answer, is to blame for a stream
    /// that does not end in time: half the limit between tokens, at most 5 s.
    package var isStalled: Bool { lastTokenAge >= min(betweenTokens / 2, .seconds(5)) }

    /// Ends the exchange; a read that waits ends with it.
    package func cancel() {
        body.cancel()
    }

    /// What ends the exchange, for somebody who does not own the stream.
    package var canceller: @Sendable () -> Void {
        { [body] in body.cancel() }
    }

    /// Reads up to the first token, or the end of a complete answer without one.
    consuming func committed(_ time: TimeBudget) async throws -> ChatStream {
        while !inspector.hasContent, ending == nil {
            do throws(UpstreamFailure) {
                try await readChunk(time)
            } catch {
                throw exchange.providerError(error, time, headers: headers)
            }
            guard uncommittedBytes <= Self.maxUncommittedBytes || inspector.hasContent else {
                body.cancel()
                throw ProviderError.malformedAnswer(
                    target: exchange.target, headers: headers,
                    detail: "\(Self.maxUncommittedBytes) bytes of stream without content")
            }
        }
        // An error in the same chunk as the first token belongs to the committed stream.
        if case .failed(let error) = ending, !inspector.hasContent { throw error }
        let now = exchange.now()
        self.time.begin(.betweenTokens, betweenTokens, now: now)
        self.time.pause(now: now)
        return self
    }

    /// Reads what comes next.
    ///
    /// The limit between tokens counts the time inside this method only; the end of all time holds for a slow reader too,
    /// and although bytes are waiting.
    ///
    /// - Throws: `CancellationError` when the exchange was cancelled.
    package mutating func next() async throws(CancellationError) -> Step {
        time.resume(now: exchange.now())
        defer { time.pause(now: exchange.now()) }
        while unforwarded.readableBytes == 0 {
            if let ending { return ending }
            do throws(UpstreamFailure) {
                try await readChunk(time)
            } catch {
                if case .cancelled = error { throw CancellationError() }
                // All content may have arrived before the connection went: then nothing is lost.
                if case .complete = inspector.verdict() {
                    body.cancel()
                    return finish(.end(isMarked: inspector.isDone))
                }
                guard let failure = exchange.providerError(error, time, headers: headers) as? ProviderError else {
                    throw CancellationError()
                }
                return finish(.failed(failure))
            }
        }
        defer { unforwarded = ByteBuffer() }
        return .events(unforwarded)
    }

    private mutating func finish(_ step: Step) -> Step {
        ending = step
        return step
    }

    /// Reads one chunk and takes in the events that it completes.
    private mutating func readChunk(_ time: TimeBudget) async throws(UpstreamFailure) {
        let remaining = time.remaining(now: exchange.now())
        // A provider that always has bytes ready must not outrun its limits.
        if remaining == .zero { try body.expire() }
        guard let chunk = try await body.next(within: remaining) else {
            parser.finish()
            takeEvents()
            if ending == nil { ending = self.verdict() }
            return
        }
        parser.append(chunk)
        takeEvents()
    }

    private mutating func takeEvents() {
        do throws(ServerSentEventError) {
            while ending == nil, var event = try parser.next() {
                take(&event)
            }
        } catch {
            body.cancel()
            ending = .failed(.malformedAnswer(target: exchange.target, headers: headers, detail: "\(error)"))
        }
    }

    private mutating func take(_ event: inout ServerSentEvent) {
        // An event that is not complete yet is bounded by the parser, and may be one large token.
        if !inspector.hasContent { uncommittedBytes += event.raw.readableBytes }
        switch inspector.inspect(event) {
        case .content:
            time.begin(.betweenTokens, betweenTokens, now: exchange.now())
            unforwarded.writeBuffer(&event.raw)
        case .bookkeeping:
            unforwarded.writeBuffer(&event.raw)
        case .keepAlive:
            // Before the first token nobody is listening yet.
            if inspector.hasContent { unforwarded.writeBuffer(&event.raw) }
        case .done:
            ending = verdict()
            if case .end = ending { unforwarded.writeBuffer(&event.raw) }
            body.drain(within: .seconds(1))
        case .error(let payload):
            body.cancel()
            ending = .failed(exchange.streamError(payload, headers: headers))
        case .malformed(let error):
            body.cancel()
            ending = .failed(
                .malformedAnswer(
                    target: exchange.target, headers: headers, detail: "an event is not JSON: \(error.reason)"))
        }
    }

    private func verdict() -> Step {
        let verdict = inspector.verdict(incompleteEvent: parser.incompleteEvent)
        return exchange.error(verdict, headers: headers).map(Step.failed) ?? .end(isMarked: inspector.isDone)
    }
}
