import NIOCore
import NIOHTTP1
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Carries out the plan of an answer on a connection.
struct ResponseWriter: Sendable {
    let channel: any Channel
    /// The request that is answered.
    let head: HTTPRequestHead
    let clock: any Clock<Duration>

    var isConnected: Bool { channel.isActive }

    /// Whether the connection outlives an answer with these headers.
    func keepsAlive(_ headers: [FaultStep.Header]) -> Bool {
        head.isKeepAlive
            && !headers.contains { $0.name.lowercased() == "connection" && $0.value.lowercased() == "close" }
    }

    /// Carries out a plan.
    ///
    /// - Parameters:
    ///   - plan: What to send, and when.
    ///   - progress: Called with a change of the request's record before each part is sent, so that whoever has
    ///     received a part finds it in the log.
    /// - Returns: How the plan ended the answer.
    /// - Throws: When the connection is closed or the task cancelled before the plan is through.
    func run(
        _ plan: ResponsePlan, progress: ((inout RequestRecord) -> Void) -> Void
    ) async throws -> RequestOutcome {
        for (index, action) in plan.actions.enumerated() {
            switch action {
            case .pause(let time):
                try await clock.sleep(for: time)
            case .hang:
                while true { try await Task.sleep(for: .seconds(3_600)) }
            case .head(let status, let headers, let length):
                progress { $0.status = status }
                try await write(.head(responseHead(status: status, headers: headers, length: length)))
            case .body(let buffer, let isEvent):
                guard head.method != .HEAD else { continue }
                progress { record in
                    record.bytesSent += buffer.readableBytes
                    record.eventsSent += isEvent ? 1 : 0
                }
                let part = HTTPServerResponsePart.body(.byteBuffer(buffer))
                if plan.actions[(index + 1)...].first == .end {
                    // The last bytes and the end leave together: a client that has all it wants closes at once, and
                    // that must not look like a disconnect.
                    channel.write(part, promise: nil)
                } else {
                    try await write(part)
                }
            case .end:
                try await write(.end(nil))
                return .completed
            case .cut:
                try await channel.close()
                return .cut
            case .reset:
                // With a linger time of zero the kernel answers with RST and drops what it has not delivered.
                try await (channel as? any SocketOptionProvider)?
                    .setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
                try await channel.close()
                return .reset
            }
        }
        return .completed
    }

    private func responseHead(status: Int, headers: [FaultStep.Header], length: Int?) -> HTTPResponseHead {
        var fields = HTTPHeaders(headers.map { ($0.name, $0.value) })
        if let length { fields.add(name: "content-length", value: String(length)) }
        if !keepsAlive(headers) { fields.replaceOrAdd(name: "connection", value: "close") }
        return HTTPResponseHead(version: head.version, status: HTTPResponseStatus(statusCode: status), headers: fields)
    }

    private func write(_ part: HTTPServerResponsePart) async throws {
        try await Self.write(part, on: channel)
    }

    /// Writes and waits until the kernel has taken everything, so that a following cut or reset has an exact place.
    static func write(_ part: HTTPServerResponsePart, on channel: any Channel) async throws {
        try Task.checkCancellation()
        let isStopped = Mutex(false)
        do {
            try await withTaskCancellationHandler {
                try await channel.writeAndFlush(part).get()
            } onCancel: {
                // A client that does not read would keep the write waiting for ever.
                isStopped.withLock { $0 = channel.isActive }
                channel.close(promise: nil)
            }
        } catch {
            throw isStopped.withLock { $0 } ? ServerStopped() : error
        }
        // The connection may have been closed just after this part was through; to the next one that would look like a
        // client that left.
        if isStopped.withLock({ $0 }) { throw ServerStopped() }
    }

    /// The server closed the connection under a write.
    struct ServerStopped: Error {}
}
