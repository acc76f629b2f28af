import AsyncHTTPClient
import NIOCore
import SageResilience

/// Reads the body of an answer that another attempt may follow, so that its connection goes back to the pool.
///
/// The answer may be the last one all the same, so that nothing of it may be lost: what was read comes first in the
/// body that the caller gets, and what was not read follows.
package struct Salvage: Sendable {
    /// The most bytes that are read; a longer body keeps its connection until somebody reads on or drops it.
    package var maxBytes = 64 * 1024
    /// The longest time it takes, the call's deadline permitting; of a slower body the rest is given up.
    package var maxTime = Duration.seconds(1)
    /// Measures it.
    package var clock: any Clock<Duration> = ContinuousClock()

    package init() {}

    func read(_ response: inout HTTPClientResponse) async {
        let body = SalvagedBody(response.body)
        response.body = .stream(body)
        let time = CallContext.current.deadline.map { min($0.remaining, maxTime) } ?? maxTime
        await withTaskGroup { [maxBytes, clock] group in
            group.addTask { await body.fill(upTo: maxBytes) }
            group.addTask { try? await clock.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// A body of which a part has been read before its reader came.
private actor SalvagedBody: AsyncSequence {
    private let body: HTTPClientResponse.Body
    private var iterator: HTTPClientResponse.Body.AsyncIterator?
    private var hasBegun = false
    private var parts = CircularBuffer<ByteBuffer>()
    private var failure: (any Error)?

    init(_ body: HTTPClientResponse.Body) {
        self.body = body
    }

    func fill(upTo maxBytes: Int) async {
        var count = 0
        do {
            while count < maxBytes, let part = try await read() {
                count += part.readableBytes
                parts.append(part)
            }
            // A reader that is cancelled gets an end that was none.
            if Task.isCancelled { failure = HTTPClientError.readTimeout }
        } catch {
            failure = Task.isCancelled ? HTTPClientError.readTimeout : error
        }
    }

    private func next() async throws -> ByteBuffer? {
        if let part = parts.popFirst() { return part }
        if let failure = failure.take() { throw failure }
        return try await read()
    }

    /// The iterator is taken out while it is used: none is left after the end or an error.
    private func read() async throws -> ByteBuffer? {
        if !hasBegun {
            hasBegun = true
            iterator = body.makeAsyncIterator()
        }
        guard var present = iterator.take() else { return nil }
        guard let part = try await present.next(isolation: self) else { return nil }
        iterator = present
        return part
    }

    nonisolated func makeAsyncIterator() -> Iterator { Iterator(body: self) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate let body: SalvagedBody

        func next() async throws -> ByteBuffer? { try await body.next() }
    }
}
