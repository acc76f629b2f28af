import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import NIOPosix
import SageResilience
import SageTesting
import Testing

@testable import SageHummingbird

/// In which ways the writing of an answer ends.
@Suite(.timeLimit(.minutes(1)))
struct ResponseBodyTests {
    struct Broken: Error {}

    /// Takes bytes until it fails.
    struct Writer: ResponseBodyWriter {
        var failure: (any Error)?
        var onWrite: @Sendable () -> Void = {}

        func write(_ buffer: ByteBuffer) throws {
            onWrite()
            if let failure { throw failure }
        }

        func finish(_ trailingHeaders: HTTPFields?) throws {
            if let failure { throw failure }
        }
    }

    private let breaker = CircuitBreaker("server", .network)
    private let bulkhead: Bulkhead
    private let guarding: ResiliencePipeline

    init() throws {
        let bulkhead = Bulkhead("server", try BulkheadConfiguration(limit: 1, maxWait: .zero))
        self.bulkhead = bulkhead
        guarding = ResiliencePipeline("server") { [breaker] in
            breaker
            bulkhead
        }
    }

    private var seen: [Int] {
        let calls = breaker.snapshot()
        return [bulkhead.snapshot().inFlight, calls.calls, calls.failures]
    }

    private func body(_ body: ResponseBody, status: HTTPResponse.Status = .ok) async throws -> ResponseBody {
        body.ending(try await guarding.acquire().shared(), status: status)
    }

    private static let text = ResponseBody(byteBuffer: ByteBuffer(string: "text"))

    @Test func thePermitIsHeldWhileItIsWritten() async throws {
        let body = try await body(Self.text)
        #expect(body.contentLength == 4)
        #expect(seen == [1, 0, 0])
        try await body.write(Writer(onWrite: { #expect(seen == [1, 0, 0]) }))
        #expect(seen == [0, 1, 0])
    }

    @Test func aFailureIsOneWhenItHasBeenWritten() async throws {
        let body = try await body(Self.text, status: .internalServerError)
        #expect(seen == [1, 0, 0])
        try await body.write(Writer())
        #expect(seen == [0, 1, 1])
    }

    @Test func aStreamThatBreaksIsAFailure() async throws {
        let stream = ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "some"))
            throw Broken()
        }
        let body = try await body(stream)
        await #expect(throws: Broken.self) { try await body.write(Writer()) }
        #expect(seen == [0, 1, 1])
    }

    @Test(
        "a client that went away says nothing",
        arguments: [
            ChannelError.ioOnClosedChannel as any Error, IOError(errnoCode: 104, reason: "write"),
            NIOAsyncWriterError.alreadyFinished(), CancellationError(),
        ])
    func clientGone(_ failure: any Error) async throws {
        let body = try await body(Self.text)
        await #expect(throws: (any Error).self) { try await body.write(Writer(failure: failure)) }
        #expect(seen == [0, 0, 0])
    }

    @Test("a client that went away says nothing, whatever the body makes of it", arguments: [true, false])
    func clientGoneUnseen(isThrown: Bool) async throws {
        let body = try await body(
            ResponseBody { writer in
                do {
                    try await writer.write(ByteBuffer(string: "some"))
                } catch {
                    if isThrown { throw Broken() }
                }
            })
        try? await body.write(Writer(failure: ChannelError.ioOnClosedChannel))
        #expect(seen == [0, 0, 0])
    }

    @Test func theEndOfABodyMayMeetNobodyToo() async throws {
        let body = try await body(ResponseBody { writer in try await writer.finish(nil) })
        await #expect(throws: ChannelError.self) {
            try await body.write(Writer(failure: ChannelError.ioOnClosedChannel))
        }
        #expect(seen == [0, 0, 0])
    }

    @Test(
        "a service from which the body comes is not the client",
        arguments: [
            ChannelError.ioOnClosedChannel as any Error, IOError(errnoCode: 104, reason: "read"),
            NIOAsyncWriterError.alreadyFinished(),
        ])
    func upstreamGone(_ failure: any Error) async throws {
        let body = try await body(
            ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "some"))
                throw failure
            })
        await #expect(throws: (any Error).self) { try await body.write(Writer()) }
        #expect(seen == [0, 1, 1])
    }

    @Test func anAnswerThatTheServerGivesUpSaysNothing() async throws {
        let body = try await body(
            ResponseBody { _ in
                withUnsafeCurrentTask { $0?.cancel() }
                try Task.checkCancellation()
            })
        let writing = Task { try await body.write(Writer()) }
        await #expect(throws: CancellationError.self) { try await writing.value }
        #expect(seen == [0, 0, 0])
    }

    @Test func aWriterThatFailsForAnotherReasonIsAFailure() async throws {
        let body = try await body(Self.text)
        await #expect(throws: Broken.self) { try await body.write(Writer(failure: Broken())) }
        #expect(seen == [0, 1, 1])
    }

    @Test func aBodyThatIsDroppedSaysNothing() async throws {
        func drop() async throws {
            _ = try await body(Self.text)
        }
        try await drop()
        #expect(seen == [0, 0, 0])
    }

    @Test func aClientThatHangsUpGivesItsPlaceBack() async throws {
        let bulkhead = Bulkhead("server", try BulkheadConfiguration(limit: 1, maxQueued: 1, maxWait: .seconds(60)))
        let (hungUp, hangsUp) = AsyncStream<Void>.makeStream()
        let router = Router()
        router.add(
            middleware: try ResilienceMiddleware(
                ResiliencePipeline("server") { [breaker] in
                    breaker
                    bulkhead
                }))
        router.get("/") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "some"))
                    for await _ in hungUp { break }
                    while true { try await writer.write(ByteBuffer(string: "more")) }
                })
        }
        try await Application(router: router).test(.live) { client in
            let port = try #require(client.port)
            let (begun, hasBegun) = AsyncStream<Void>.makeStream()
            let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(FirstRead(hasBegun))
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            try await connection.writeAndFlush(ByteBuffer(string: "GET / HTTP/1.1\r\nhost: test\r\n\r\n"))
            for await _ in begun { break }
            #expect(bulkhead.snapshot().inFlight == 1)
            try await connection.close()
            hangsUp.yield()
            // Waits until the place is free.
            try await bulkhead.acquire().release()
        }
        #expect(breaker.snapshot().calls == 0)
    }

    /// Tells of the first bytes.
    private final class FirstRead: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let hasBegun: AsyncStream<Void>.Continuation

        init(_ hasBegun: AsyncStream<Void>.Continuation) {
            self.hasBegun = hasBegun
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { hasBegun.yield() }
    }

    @Test func aStreamHasTheDeadlineOfItsRequest() async throws {
        let stream = ResponseBody { writer in
            #expect(CallContext.current.priority == .high)
            #expect(CallContext.current.deadline != nil)
            try await writer.finish(nil)
        }
        let deadline = Deadline.after(.seconds(60), clock: TestClock())
        let guarded: ResponseBody = try await CallContext.with(priority: .high, deadline: deadline) {
            try await body(stream)
        }
        try await guarded.write(Writer())
        #expect(seen == [0, 1, 0])
    }
}
