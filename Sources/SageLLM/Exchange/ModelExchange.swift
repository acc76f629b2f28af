package import HTTPTypes
package import NIOCore
package import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// One attempt to get an answer from one target: sends, reads until the answer is certain, and tells a failure
/// apart from an answer.
///
/// A status of 200 is not taken for success: the answer must be whole, or a stream with a first token.
package struct ModelExchange: Sendable {
    /// The target's name, `provider/model`, for errors.
    package let target: String
    private let transport: any UpstreamTransport
    private let redaction: SecretRedaction
    /// The clock that limits of time are kept by.
    let now: @Sendable () -> Moment

    private static let timeline = Timeline(ContinuousClock())

    /// The present by the clock that exchanges keep if they are given no other.
    package static var present: Moment { timeline.now }

    package init(
        target: String, transport: any UpstreamTransport, redaction: SecretRedaction = .patterns,
        now: @escaping @Sendable () -> Moment = { ModelExchange.present }
    ) {
        self.target = target
        self.transport = transport
        self.redaction = redaction
        self.now = now
    }

    /// An answer that is certain.
    package enum Answer: Sendable {
        /// A whole completion, as the provider wrote it.
        case completion(Completion)
        /// A stream that has produced its first token, or is complete without one.
        case stream(AnswerStream)
    }

    /// A completion that is not a stream.
    package struct Completion: Sendable {
        package let headers: HTTPFields
        package let body: ByteBuffer
        package let usage: TokenCounts?
        /// Why the answer finished, in the provider's words; one for each choice that says so.
        package let finishReasons: [String]
    }

    /// Makes the attempt.
    ///
    /// - Parameters:
    ///   - call: What is sent and how the answer is read; the request's own time limit is set from `limits`.
    ///   - limits: How long the parts may take.
    ///   - deadline: When all of it must be over, the stream included; nil is never.
    /// - Throws: ``ProviderError``, or `CancellationError` when the task is cancelled.
    package func start(
        _ call: ModelCall, limits: ExchangeLimits, deadline: Moment? = nil
    ) async throws -> Answer {
        // One reading of the clock for both: of two equal limits the more telling one must be the one that passes.
        let start = now()
        let attemptEnd = start.advanced(by: limits.attempt)
        var time = TimeBudget(end: deadline.map { min($0, attemptEnd) } ?? attemptEnd)
        time.begin(.responseHeaders, limits.responseHeaders, now: start)

        var request = call.request
        request.responseHeadersTimeout = time.remaining(now: start)
        let response: UpstreamResponse
        do throws(UpstreamFailure) {
            response = try await transport.send(request)
        } catch {
            throw providerError(error, time, headers: [:])
        }
        do {
            guard (200..<300).contains(response.status) else {
                throw try await errorAnswer(response, time)
            }
            if call.isStream, !Self.isJSON(response.headers),
                let inspector = call.format.makeStreamInspector(expectedChoices: call.expectedChoices)
            {
                time.begin(.firstToken, limits.firstToken, now: now())
                var stream = AnswerStream(
                    exchange: self, response: response, inspector: inspector,
                    translator: call.translation?.makeStream(), limits: limits, deadline: deadline)
                try await stream.commit(time)
                return .stream(stream)
            }
            let bodyStart = now()
            time.begin(.total, limits.attempt, now: bodyStart)
            let body = try await response.body.collect(
                upTo: limits.maxBodyBytes, within: time.remaining(now: bodyStart))
            guard body.readableBytes >= LargeWork.threshold else {
                return .completion(try completion(body, response, call))
            }
            return .completion(try await LargeWork.run { try completion(body, response, call) })
        } catch let failure as UpstreamFailure {
            throw providerError(failure, time, headers: response.headers)
        }
    }

    private func completion(_ body: ByteBuffer, _ response: UpstreamResponse, _ call: ModelCall) throws -> Completion {
        let inspection = call.format.inspect(body)
        if let error = ProviderError(
            inspection.verdict, target: target, headers: response.headers, now: Self.secondsSince1970,
            redaction: redaction)
        {
            throw error
        }
        guard !call.isStream else {
            throw ProviderError.malformedAnswer(
                target: target, headers: response.headers, detail: "a stream was asked for, a whole answer came")
        }
        var body = body
        if let translation = call.translation {
            do throws(TranslationError) {
                body = try translation.translate(body)
            } catch {
                throw ProviderError.malformedAnswer(target: target, headers: response.headers, detail: "\(error)")
            }
        }
        return Completion(
            headers: response.headers, body: body, usage: inspection.usage, finishReasons: inspection.finishReasons)
    }

    /// How long the explanation of an error may take; its status, which decides, is already there.
    private static let explanationLimit = Duration.seconds(2)

    /// Reads as much of an error answer as an error needs.
    private func errorAnswer(
        _ response: UpstreamResponse, _ time: TimeBudget
    ) async throws(UpstreamFailure) -> ProviderError {
        var time = time
        time.begin(.total, Self.explanationLimit, now: now())
        var body = ByteBuffer()
        do throws(UpstreamFailure) {
            while body.readableBytes < ProviderErrorBody.maximumBytes,
                var part = try await response.body.next(within: time.remaining(now: now()))
            {
                body.writeBuffer(&part)
            }
        } catch {
            // The status says enough; only the explanation is lost.
            if error == .cancelled { throw error }
        }
        response.body.drain(within: .seconds(1))
        return .answer(
            target: target, status: response.status, headers: response.headers, body: body.readableBytesView,
            now: Self.secondsSince1970, redaction: redaction)
    }

    func streamError(_ payload: ByteBuffer, headers: HTTPFields) -> ProviderError {
        .streamError(
            target: target, payload: payload.readableBytesView, headers: headers, now: Self.secondsSince1970,
            redaction: redaction)
    }

    func error(_ verdict: StreamVerdict, headers: HTTPFields) -> ProviderError? {
        ProviderError(verdict, target: target, headers: headers, now: Self.secondsSince1970, redaction: redaction)
    }

    func providerError(_ failure: UpstreamFailure, _ time: TimeBudget, headers: HTTPFields) -> any Error {
        switch failure {
        case .connection(let reason, let detail):
            return ProviderError.transport(target: target, reason, detail: detail, redaction: redaction)
        case .connectTimeout:
            return ProviderError.timeout(target: target, .connect, after: nil)
        case .responseHeadersTimeout, .bodyTimeout:
            return ProviderError.timeout(
                target: target, time.expiringPhase, after: time.expiringLimit,
                requestID: ProviderError.requestID(in: headers))
        case .bodyTooLarge(let limit):
            return ProviderError.malformedAnswer(
                target: target, headers: headers, detail: "it is longer than \(limit) bytes")
        case .invalidRequest(let detail):
            return ProviderError.transport(target: target, .other, detail: detail, redaction: redaction)
        case .cancelled:
            return CancellationError()
        }
    }

    private static func isJSON(_ headers: HTTPFields) -> Bool {
        headers[.contentType]?.lowercased().hasPrefix("application/json") ?? false
    }

    private static var secondsSince1970: Int64 { Int64(Date.now.timeIntervalSince1970) }
}
