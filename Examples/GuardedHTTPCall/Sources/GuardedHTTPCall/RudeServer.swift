import NIOCore
import NIOPosix
import Synchronization

/// A server that hangs up on its first caller, and is polite to all others.
final class RudeServer: Sendable {
    private let callers = Atomic(0)

    /// Listens on a port of its own until the channel is closed.
    func start() async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Caller(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class Caller: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let server: RudeServer

        init(_ server: RudeServer) {
            self.server = server
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard server.callers.add(1, ordering: .relaxed).newValue > 1 else { return context.close(promise: nil) }
            let answer = ByteBuffer(string: "HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\nsearch results")
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }
    }
}
