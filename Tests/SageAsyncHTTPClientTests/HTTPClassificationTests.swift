import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import SageResilience
import Testing

@testable import SageAsyncHTTPClient

struct HTTPClassificationTests {
    struct Own: ClassifiedError {
        var classification: ErrorClassification { ErrorClassification(.quotaExhausted) }
    }

    struct Unknown: Error {}

    @Test(arguments: [
        (HTTPClientError.connectTimeout as any Error, ErrorClassification(.timeout, isNotSent: true)),
        (HTTPClientError.getConnectionFromPoolTimeout, ErrorClassification(.timeout, isNotSent: true)),
        (HTTPClientError.tlsHandshakeTimeout, ErrorClassification(.timeout, isNotSent: true)),
        (HTTPClientError.readTimeout, ErrorClassification(.timeout)),
        (HTTPClientError.deadlineExceeded, ErrorClassification(.timeout)),
        (HTTPClientError.remoteConnectionClosed, ErrorClassification(.transient, isConnection: true)),
        (HTTPClientError.proxyAuthenticationRequired, ErrorClassification(.authentication, isNotSent: true)),
        (HTTPClientError.alreadyShutdown, ErrorClassification(.permanent, isNotSent: true)),
        (HTTPClientError.invalidURL, ErrorClassification(.permanent)),
        (HTTPParserError.invalidEOFState, ErrorClassification(.transient, isConnection: true)),
        (ChannelError.connectTimeout(.seconds(1)), ErrorClassification(.timeout, isNotSent: true)),
        (ChannelError.ioOnClosedChannel, ErrorClassification(.transient, isConnection: true)),
        (
            IOError(errnoCode: 111, reason: "connect"),
            ErrorClassification(errno: 111)
        ),
        (NIOSSLError.handshakeFailed(.zeroReturn), ErrorClassification(.transient, isNotSent: true)),
        (NIOSSLError.readInInvalidTLSState, ErrorClassification(.transient, isConnection: true)),
        (NIOSSLError.uncleanShutdown, ErrorClassification(.transient, isConnection: true)),
        (SocketAddressError.unsupported, ErrorClassification(.transient, isNotSent: true)),
        (Own(), ErrorClassification(.quotaExhausted)),
        (Unknown(), ErrorClassification(.unknown)),
    ])
    func errors(_ error: any Error, _ expected: ErrorClassification) {
        #expect(ErrorClassification(httpClientError: error) == expected)
    }

    /// Thu, 01 Jan 1970 00:01:40 GMT.
    static let now: Int64 = 100

    @Test(
        arguments: [
            ([], nil),
            ([" 3\t"], .seconds(3)),
            (["soon", "2.5", "4"], .milliseconds(2_500)),
            (["Thu, 01 Jan 1970 00:01:50 GMT"], .seconds(10)),
        ] as [([String], Duration?)])
    func waits(_ values: [String], _ expected: Duration?) {
        #expect(RetryAfter.wait(in: HTTPHeaders(values.map { ("Retry-After", $0) }), now: Self.now) == expected)
    }

    @Test func aDateIsComparedWithTheServersOwn() {
        let headers: HTTPHeaders = [
            "retry-after": "Thu, 01 Jan 1970 02:00:05 GMT", "date": "Thu, 01 Jan 1970 02:00:00 GMT",
        ]
        #expect(RetryAfter.wait(in: headers, now: Self.now) == .seconds(5))
    }

    @Test(
        arguments: [
            (.bytes(ByteBuffer(string: "x")), true),
            (.bytes([1, 2, 3] as [UInt8]), true),
            (.bytes("xyz".utf8, length: .known(Int64(3))), true),
            (.stream(AsyncStream<ByteBuffer> { $0.finish() }, length: .unknown), false),
            (.stream(AsyncStream<UInt8> { $0.finish() }, length: .unknown), false),
        ] as [(HTTPClientRequest.Body, Bool)])
    func bodiesThatCanBeSentAgain(_ body: HTTPClientRequest.Body, _ expected: Bool) {
        #expect(body.canBeSentAgain == expected)
    }

    @Test func aFailureTellsNothingOfTheRequest() {
        let refused = HTTPAttemptError(HTTPClientError.invalidHeaderFieldValues(["secret"]))
        #expect(!refused.description.contains("secret"))
        #expect(refused.status == nil)
        let answer = HTTPAttemptError(
            HTTPClientResponse(status: .tooManyRequests, headers: ["retry-after": "2", "set-cookie": "secret"]))
        #expect(answer.description == "the service answered with 429")
        #expect(answer.status == 429)
        #expect(answer.classification == ErrorClassification(.rateLimited, hint: .wait(.seconds(2))))
    }
}
