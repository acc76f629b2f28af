import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SageLLM
import Testing

@testable import SageGateway

/// Clients that send a request before they have got the answer to the last.
struct PipeliningTests {
    /// Back-pressure holds the second request's body up for as long as the first answer takes.
    @Test func requestThatWaitsForAnEarlierAnswerHasNoLimitYet() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try connection.receive(.head(GuardedConnection.head))
        connection.advance(.hours(1))
        #expect(connection.channel.isActive)
        #expect(!connection.monitor.isClosed)
        try connection.channel.writeOutbound(HTTPResponsePart.end(nil))
        connection.advance(.seconds(59))
        #expect(connection.channel.isActive)
        connection.advance(.seconds(1))
        #expect(try connection.answers().statuses == [200, 408])
        #expect(!connection.channel.isActive)
    }

    @Test func requestThatIsReadWholeHasNoLimitWhenItsTurnComes() throws {
        let connection = try GuardedConnection()
        for _ in 0..<2 {
            try connection.receive(.head(GuardedConnection.head))
            try connection.receive(.end)
        }
        try connection.respond()
        connection.advance(.hours(1))
        #expect(connection.channel.isActive)
        try connection.respond()
        #expect(try connection.answers().statuses == [200, 200])
    }

    @Test(arguments: [false, true])
    func whatIsNotHTTPIsAnsweredAfterEarlierRequests(hasAnswerBegun: Bool) throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        let head = HTTPResponsePart.head(HTTPResponse(status: .ok))
        if hasAnswerBegun { try connection.channel.writeOutbound(head) }
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.malformed("it is not HTTP"))
        #expect(connection.channel.isActive)
        #expect(!connection.monitor.isClosed, "the first request is still worked on")
        if !hasAnswerBegun { try connection.channel.writeOutbound(head) }
        try connection.channel.writeOutbound(HTTPResponsePart.end(nil))
        #expect(try connection.answers().statuses == [200, 400])
        #expect(!connection.channel.isActive)
    }

    @Test func bodyIsAskedForAfterTheEarlierAnswer() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        var head = GuardedConnection.head
        head.expectsContinue = true
        try connection.receive(.head(head))
        #expect(try connection.answers().statuses.isEmpty)
        try connection.respond()
        #expect(try connection.answers().statuses == [200, 100])
    }
}
