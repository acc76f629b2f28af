import HTTPTypes
import Hummingbird
import NIOCore
import SageResilience
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

        func finish(_ trailingHeaders: HTTPFields?) {}
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

    @Test func aBodyThatIsDroppedSaysNothing() async throws {
        func drop() async throws {
            _ = try await body(Self.text)
        }
        try await drop()
        #expect(seen == [0, 0, 0])
    }

    @Test func aStreamHasTheDeadlineOfItsRequest() async throws {
        let stream = ResponseBody { writer in
            #expect(CallContext.current.priority == .high)
            #expect(CallContext.current.deadline != nil)
            try await writer.finish(nil)
        }
        let guarded: ResponseBody = try await CallContext.with(priority: .high, deadline: .after(.seconds(60))) {
            try await body(stream)
        }
        try await guarded.write(Writer())
        #expect(seen == [0, 1, 0])
    }

    @Test(arguments: [
        (Duration.zero, Int64(1)), (.seconds(-1), 1), (.milliseconds(1), 1), (.seconds(1), 1),
        (.milliseconds(1_001), 2), (.seconds(90), 90), (.seconds(Int64.max), Int64.max),
    ])
    func waitsAreWholeSeconds(_ wait: Duration, _ expected: Int64) {
        #expect(Refusal.wholeSeconds(wait) == expected)
    }
}
