import NIOCore
import NIOHTTP1
import NIOPosix

/// An HTTP server in the shape of a model provider, which misbehaves as its ``FaultScript`` says.
///
/// It answers OpenAI's chat completions, Responses and embeddings, Anthropic's messages, and Gemini's content and
/// embeddings, streamed or not, and has control endpoints under `/_mock` that replace the script, show what arrived,
/// and wait until something has. Without a script it is a healthy provider with deterministic answers.
///
/// ```swift
/// let provider = MockProvider(MockProvider.Configuration(port: 0)) { port in print("listening on \(port)") }
/// try await provider.run()
/// ```
///
/// A value that can be used from any thread; each ``run()`` is a server of its own.
public struct MockProvider: Sendable {
    private let configuration: Configuration
    private let clock: any Clock<Duration>
    private let onServerRunning: @Sendable (_ port: Int) -> Void
    private let onRequestEnded: @Sendable (RequestRecord) -> Void

    /// Creates a provider; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen and what to do.
    ///   - onRequestEnded: Called at the end of each request that is not one of the control endpoints' own.
    ///     Defaults to nothing.
    ///   - onServerRunning: Called once connections are accepted, with the port that was bound.
    public init(
        _ configuration: Configuration = Configuration(),
        onRequestEnded: @escaping @Sendable (RequestRecord) -> Void = { _ in },
        onServerRunning: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.init(
            configuration, clock: ContinuousClock(), onRequestEnded: onRequestEnded, onServerRunning: onServerRunning)
    }

    /// - Parameter clock: Measures the delays of scripts.
    package init(
        _ configuration: Configuration,
        clock: any Clock<Duration>,
        onRequestEnded: @escaping @Sendable (RequestRecord) -> Void = { _ in },
        onServerRunning: @escaping @Sendable (_ port: Int) -> Void
    ) {
        self.configuration = configuration
        self.clock = clock
        self.onRequestEnded = onRequestEnded
        self.onServerRunning = onServerRunning
    }

    /// Where a ``MockProvider`` listens and what it does.
    public struct Configuration: Sendable, Hashable {
        /// The address to listen on.
        ///
        /// Defaults to 127.0.0.1.
        public var host: String
        /// The port to listen on, 0 for any free one.
        ///
        /// Defaults to 9000.
        public var port: Int
        /// What goes wrong.
        ///
        /// Defaults to nothing.
        public var script: FaultScript
        /// The seed for `probability`; nil leaves it to the script, and without one there to 0.
        public var seed: UInt64?

        /// Creates a configuration.
        ///
        /// - Parameters:
        ///   - host: The address to listen on. Defaults to 127.0.0.1: whoever reaches the port can replace the script.
        ///   - port: The port to listen on, 0 for any free one. Defaults to 9000.
        ///   - script: What goes wrong. Defaults to nothing.
        ///   - seed: The seed for `probability`. Defaults to the script's own, else 0.
        public init(
            host: String = "127.0.0.1", port: Int = 9_000, script: FaultScript = .healthy, seed: UInt64? = nil
        ) {
            self.host = host
            self.port = port
            self.script = script
            self.seed = seed
        }
    }

    /// Serves until the task is cancelled.
    ///
    /// Cancellation ends everything at once, also answers that hang, closes all connections, and returns without an
    /// error.
    ///
    /// - Throws: An error of the operating system when the address cannot be bound.
    public func run() async throws {
        let server = try await bind()
        let service = ConnectionService(
            state: MockState(
                script: configuration.script, seed: configuration.seed, shapes: Self.shapes),
            clock: clock, onRequestEnded: onRequestEnded)
        try await server.executeThenClose { connections in
            onServerRunning(server.channel.localAddress?.port ?? configuration.port)
            try await withThrowingDiscardingTaskGroup { group in
                do {
                    for try await connection in connections {
                        group.addTask { await service.serve(connection) }
                    }
                } catch is CancellationError {
                    return
                }
            }
        }
    }

    /// All shapes, those that look at more than the beginning of the path first.
    static let shapes: [any ProviderShape] = [
        AnthropicShape(), GeminiCompatibilityShape(), GeminiShape(), OpenAIShape(),
    ]

    private func bind() async throws -> NIOAsyncChannel<HTTPConnection, Never> {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 65_536
        limits.maxHeaderListSize = 262_144
        limits.maxHeaderFieldCount = 256
        return try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .bind(host: configuration.host, port: configuration.port) { [limits] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withEncoderConfiguration: HTTPResponseEncoder.Configuration(),
                        withDecoderLimitConfiguration: limits)
                    return try HTTPConnection(wrappingChannelSynchronously: channel)
                }
            }
    }
}
