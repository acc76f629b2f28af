package import HTTPTypes
package import NIOCore
import SageResilience

/// A stream of events from one target, forwarded as the provider wrote them, or translated.
///
/// A value with one owner: it is moved from who starts the exchange to who reads it. Reading is pulled, so a slow
/// reader slows the provider.
package struct AnswerStream: Sendable {
    /// What comes next.
    package enum Step: Sendable {
        /// Whole events, byte for byte unless they are translated.
        case events(ByteBuffer)
        /// The answer is complete; the bytes are what the client still waits for, if anything.
        case end(ByteBuffer?)
        /// The answer breaks off here.
        case failed(ProviderError)
    }

    /// Without any content, a stream that sends more than this is not waited for.
    private static let maxUncommittedBytes = 1 << 20

    /// The header fields of the provider's answer.
    package let headers: HTTPFields
    private let exchange: ModelExchange
    private let body: UpstreamBody
    private let betweenTokens: Duration
    private let throughputWindow: Duration
    private var throughput: ThroughputGuard?
    /// Whether the wait for the next bytes ends when the stream drips too slowly, before any other limit.
    private var isDripFirst = false
    private var parser = ServerSentEventParser()
    private var inspector: any StreamInspector
    /// nil forwards bytes.
    private var translator: StreamTranslator?
    private var time: TimeBudget
    /// The bytes of the events that were read before the first token.
    private var uncommittedBytes = 0
    /// Events that have been read and not been handed out.
    private var unforwarded = ByteBuffer()
    private var ending: Step?
    /// How many events with content have come: about as many tokens.
    package private(set) var contentEvents = 0

    init(
        exchange: ModelExchange, response: UpstreamResponse, inspector: any StreamInspector,
        translator: StreamTranslator?, limits: ExchangeLimits, deadline: Moment?
    ) {
        self.exchange = exchange
        self.headers = response.headers
        self.body = response.body
        self.betweenTokens = limits.betweenTokens
        self.throughputWindow = limits.throughputWindow
        self.throughput = limits.minThroughput.flatMap {
            $0 > 0 ? ThroughputGuard(minimum: $0, over: limits.throughputWindow) : nil
        }
        self.inspector = inspector
        self.translator = translator
        self.time = TimeBudget(end: deadline)
    }

    /// The token counts that the stream has reported so far.
    package var usage: TokenCounts? { inspector.usage }

    /// Why the answer finished, in the provider's words, as far as it has.
    package var finishReasons: [String] { inspector.finishReasonTexts }

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

    // What waits in here waits for as long as the stream goes on, and a task keeps what its calls have ever needed at once.
    // So the asynchronous functions hold next to nothing, and all work is done in others, which are not to be inlined.

    /// Reads up to the first token, or the end of a complete answer without one.
    mutating func commit(_ time: TimeBudget) async throws {
        while isUncommitted {
            let chunk: ByteBuffer?
            do throws(UpstreamFailure) {
                chunk = try await body.next(within: try timeLeft(time))
            } catch {
                throw exchange.providerError(error, time, headers: headers)
            }
            take(chunk)
            try checkUncommittedLength()
        }
        try beginForwarding()
    }

    private var isUncommitted: Bool { !inspector.hasContent && ending == nil }

    @inline(never)
    private func checkUncommittedLength() throws {
        guard uncommittedBytes > Self.maxUncommittedBytes, !inspector.hasContent else { return }
        body.cancel()
        throw ProviderError.malformedAnswer(
            target: exchange.target, headers: headers,
            detail: "\(Self.maxUncommittedBytes) bytes of stream without content")
    }

    @inline(never)
    private mutating func beginForwarding() throws {
        // An error in the same chunk as the first token belongs to the committed stream.
        if case .failed(let error) = ending, !inspector.hasContent { throw error }
        let now = exchange.now()
        time.begin(.betweenTokens, betweenTokens, now: now)
        pause()
    }

    private mutating func pause() {
        let now = exchange.now()
        time.pause(now: now)
        throughput?.pause(now: now)
    }

    private mutating func resume() {
        let now = exchange.now()
        time.resume(now: now)
        throughput?.resume(now: now)
    }

    /// Reads what comes next.
    ///
    /// The limit between tokens counts the time inside this method only; the end of all time holds for a slow reader too,
    /// and although bytes are waiting.
    ///
    /// - Throws: `CancellationError` when the exchange was cancelled.
    package mutating func next() async throws(CancellationError) -> Step {
        resume()
        defer { pause() }
        while mustRead {
            let chunk: ByteBuffer?
            do throws(UpstreamFailure) {
                chunk = try await body.next(within: try timeLeft(time))
            } catch {
                try breakOff(error)
                break
            }
            take(chunk)
        }
        return takeStep()
    }

    private var mustRead: Bool { unforwarded.readableBytes == 0 && ending == nil }

    /// What has been read and not been handed out.
    @inline(never)
    private mutating func takeStep() -> Step {
        if unforwarded.readableBytes == 0, let ending { return ending }
        defer { unforwarded = ByteBuffer() }
        return .events(unforwarded)
    }

    /// Ends the stream because nothing more can be read.
    @inline(never)
    private mutating func breakOff(_ failure: UpstreamFailure) throws(CancellationError) {
        if case .cancelled = failure { throw CancellationError() }
        // All content may have arrived before the connection went: then nothing is lost.
        if case .complete = inspector.verdict(incompleteEvent: nil) {
            body.cancel()
            ending = completeEnd()
            return
        }
        if case .bodyTimeout = failure, isDripFirst {
            ending = .failed(tooSlow)
            return
        }
        guard let error = exchange.providerError(failure, time, headers: headers) as? ProviderError else {
            throw CancellationError()
        }
        ending = .failed(error)
    }

    /// How long the next chunk may take.
    @inline(never)
    private mutating func timeLeft(_ time: TimeBudget) throws(UpstreamFailure) -> Duration? {
        let now = exchange.now()
        let remaining = time.remaining(now: now)
        // A provider that always has bytes ready must not outrun its limits.
        if remaining == .zero { try body.expire() }
        let drip = throughput?.remaining(now: now)
        isDripFirst = drip.map { $0 < remaining ?? .seconds(Int64.max) } ?? false
        return isDripFirst ? drip : remaining
    }

    /// Takes in the events that a chunk completes; nil is the end of the body.
    @inline(never)
    private mutating func take(_ chunk: ByteBuffer?) {
        guard let chunk else {
            parser.finish()
            takeEvents()
            if ending == nil { ending = failure() ?? completeEnd() }
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
            contentEvents += 1
            let now = exchange.now()
            time.begin(.betweenTokens, betweenTokens, now: now)
            forward(&event)
            if throughput?.token(now: now) == true {
                body.cancel()
                ending = .failed(tooSlow)
            }
        case .bookkeeping:
            forward(&event)
        case .keepAlive:
            // Before the first token nobody is listening yet.
            guard inspector.hasContent else { break }
            if let translator {
                unforwarded.writeImmutableBuffer(translator.ping)
            } else {
                unforwarded.writeBuffer(&event.raw)
            }
        case .done:
            if let failure = failure() {
                ending = failure
            } else {
                forward(&event)
                ending = ending ?? completeEnd()
            }
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

    private var tooSlow: ProviderError {
        .timeout(
            target: exchange.target, .throughput, after: throughputWindow,
            requestID: ProviderError.requestID(in: headers))
    }

    private mutating func forward(_ event: inout ServerSentEvent) {
        guard translator != nil else {
            if let name = inspector.missingEventName {
                ServerSentEventEncoder.write(data: event.data, event: name, id: event.id, to: &unforwarded)
            } else {
                unforwarded.writeBuffer(&event.raw)
            }
            return
        }
        do throws(TranslationError) {
            try translator?.translate(event, to: &unforwarded)
        } catch {
            body.cancel()
            ending = .failed(.malformedAnswer(target: exchange.target, headers: headers, detail: "\(error)"))
        }
    }

    /// What keeps the stream from being a whole answer; nil if it is one.
    private func failure() -> Step? {
        let verdict = inspector.verdict(incompleteEvent: parser.incompleteEvent)
        return exchange.error(verdict, headers: headers).map(Step.failed)
    }

    private mutating func completeEnd() -> Step {
        guard translator != nil else { return .end(inspector.missingEnd) }
        var end = ByteBuffer()
        translator?.finish(&end)
        return .end(end.readableBytes > 0 ? end : nil)
    }
}
