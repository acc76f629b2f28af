import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SageOTLP

/// Sends spans by the process's shared HTTP client, far from the path of requests.
enum CollectorClient {
    @Sendable
    static func send(_ request: OTLPRequest) async throws -> OTLPResponse {
        var outgoing = HTTPClientRequest(url: request.url)
        outgoing.method = .POST
        for (name, value) in request.headers { outgoing.headers.add(name: name, value: value) }
        outgoing.body = .bytes(ByteBuffer(bytes: request.body))
        let response = try await HTTPClient.shared.execute(
            outgoing, timeout: .nanoseconds(request.timeout.nanosecondsForTimer))
        var body: [UInt8] = []
        for try await part in response.body {
            body += part.readableBytesView
            // A collector that says more than this says nothing that counts.
            if body.count > OTLPResponse.maxBodyLength { break }
        }
        return OTLPResponse(
            status: Int(response.status.code), retryAfter: response.headers["retry-after"], body: body)
    }
}

extension Duration {
    /// The time limit as the HTTP client wants it.
    fileprivate var nanosecondsForTimer: Int64 {
        let (seconds, attoseconds) = components
        return min(seconds, 86_400) * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
