import NIOCore

/// The beginning of a request that has not been read as HTTP, kept for the case that it never is: an error is told in
/// the words of the client's protocol, which the path shows.
struct RequestLine {
    /// Enough for a method and the paths that tell protocols apart.
    private static let limit = 64

    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(Self.limit)
    }

    /// Takes in what the client has sent.
    mutating func append(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { bytes.append(contentsOf: $0.prefix(Self.limit - bytes.count)) }
    }

    /// The request has been read, or a new one is expected.
    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// The path as far as it is known; nil when nothing looks like one.
    var path: String? {
        // Empty lines before a request are allowed (RFC 9112, 2.2).
        let line = bytes.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count > 1, words[1].first == UInt8(ascii: "/") else { return nil }
        return String(decoding: words[1], as: UTF8.self)
    }
}

/// The first handler of a connection: shows the guard what the parser is about to read.
final class RequestLineHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let guardian: ConnectionGuard

    init(_ guardian: ConnectionGuard) {
        self.guardian = guardian
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if guardian.expectsHead { guardian.requestLine.append(unwrapInboundIn(data)) }
        context.fireChannelRead(data)
    }
}
