import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SageResilience

/// An answer as a stream of its head and its body, which is what a pipeline guards to its end.
struct Exchange: AsyncSequence, Sendable {
    enum Part: Sendable {
        case head(HTTPClientResponse)
        case bytes(ByteBuffer)
    }

    private let response: HTTPClientResponse

    init(_ response: HTTPClientResponse) {
        self.response = response
    }

    func makeAsyncIterator() -> Iterator { Iterator(body: response.body.makeAsyncIterator(), head: response) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var body: HTTPClientResponse.Body.AsyncIterator
        fileprivate var head: HTTPClientResponse?

        mutating func next(isolation actor: isolated (any Actor)?) async throws -> Part? {
            if var head = head.take() {
                // The body is read here and nowhere else.
                head.body = HTTPClientResponse.Body()
                return .head(head)
            }
            do {
                return try await body.next(isolation: actor).map(Part.bytes)
            } catch {
                throw HTTPAttemptError(error)
            }
        }
    }
}

/// The rest of an answer that a pipeline guards, for one reader.
///
/// An actor, because a body may be read in any task, and what reads it in a pipeline is not `Sendable`.
actor GuardedBody {
    /// Taken out while it is used, so that one whose stream has ended or failed is dropped.
    private var iterator: PipelineStream<Exchange>.Iterator?

    /// Gets an answer through a pipeline.
    ///
    /// - Parameters:
    ///   - pipeline: The policies.
    ///   - isBodiless: Whether the request is one to which there is no body.
    ///   - attempt: Makes one attempt.
    /// - Returns: The answer, whose body reads from here.
    func open(
        _ pipeline: ResiliencePipeline, isBodiless: Bool, _ attempt: @escaping @Sendable () async throws -> Exchange
    ) async throws -> HTTPClientResponse {
        var iterator = try await pipeline.stream(attempt).makeAsyncIterator()
        guard case .head(var response)? = try await iterator.next(isolation: self) else { throw CancellationError() }
        self.iterator = iterator
        if isBodiless || response.isBodiless {
            // Nobody reads what is empty, so its end is looked for here.
            _ = try await next()
        } else {
            response.body = .stream(Bytes(body: self))
        }
        return response
    }

    private func next() async throws -> ByteBuffer? {
        guard var iterator = iterator.take() else { return nil }
        do {
            guard case .bytes(let bytes)? = try await iterator.next(isolation: self) else { return nil }
            self.iterator = iterator
            return bytes
        } catch let failure as HTTPAttemptError {
            guard case .failure(let error) = failure.response else { return nil }
            throw error
        }
    }

    private struct Bytes: AsyncSequence, AsyncIteratorProtocol, Sendable {
        let body: GuardedBody

        func makeAsyncIterator() -> Bytes { self }

        func next() async throws -> ByteBuffer? { try await body.next() }
    }
}

extension HTTPClientResponse {
    /// Whether nothing follows the head (RFC 9110, section 6.4.1).
    fileprivate var isBodiless: Bool {
        status == .noContent || status == .notModified || headers.first(name: "content-length") == "0"
    }
}
