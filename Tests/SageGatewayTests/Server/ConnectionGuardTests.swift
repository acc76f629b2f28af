import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SageLLM
import Testing

@testable import SageGateway

struct ConnectionGuardTests {
    // MARK: Registration

    @Test func connectionIsRegisteredWhileItIsOpen() throws {
        let connection = try GuardedConnection()
        #expect(connection.registry.count == 1)
        #expect(!connection.monitor.isClosed)
        #expect(connection.registry.monitor(of: connection.channel) === connection.monitor)
        try connection.channel.close().wait()
        #expect(connection.registry.count == 0)
        #expect(connection.monitor.isClosed)
        #expect(
            connection.registry.monitor(of: connection.channel).isClosed, "nobody waits for a connection that is gone")
    }

    @Test func clientThatClosesItsSideIsGone() throws {
        let connection = try GuardedConnection()
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(connection.monitor.isClosed)
    }

    @Test func otherEventsPass() throws {
        let connection = try GuardedConnection()
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.outputClosed)
        #expect(!connection.monitor.isClosed)
    }

    // MARK: What is not HTTP

    @Test func headerFieldsThatAreTooLargeAreAnswered() throws {
        let connection = try GuardedConnection()
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.tooLong("the head", limit: 4_096))
        let answer = try connection.answers()
        #expect(answer.statuses == [431])
        #expect(answer.error?.message.contains("4096 bytes") == true)
        #expect(answer.error?.codeText == "invalid_request")
        #expect(answer.headers[.connection] == "close")
        #expect(answer.headers[.requestID] != nil)
        #expect(answer.isEnded)
        #expect(!connection.channel.isActive)
        #expect(connection.monitor.isClosed)
    }

    @Test func whatIsNotHTTPIsAnsweredOnce() throws {
        let connection = try GuardedConnection()
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.malformed("it is not HTTP"))
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.malformed("it is not HTTP"))
        #expect(try connection.answers().statuses == [400])
        #expect(!connection.channel.isActive)
    }

    @Test func errorDuringAnAnswerOnlyClosesTheConnection() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        connection.channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.malformed("it is not HTTP"))
        connection.channel.flush()
        #expect(try connection.answers().statuses.count <= 1)
        #expect(!connection.channel.isActive)
    }

    @Test func otherErrorsPass() throws {
        let connection = try GuardedConnection()
        connection.channel.pipeline.fireErrorCaught(ChannelError.inputClosed)
        #expect(throws: ChannelError.inputClosed) { try connection.channel.throwIfErrorCaught() }
        #expect(try connection.answers().statuses.isEmpty)
    }

    @Test func nothingPassesAfterARefusal() throws {
        let connection = try GuardedConnection()
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.malformed("it is not HTTP"))
        #expect(throws: ChannelError.ioOnClosedChannel) {
            try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        }
    }

    // MARK: Limits of time

    @Test func requestThatIsNotCompleteInTimeIsAnswered() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.body(ByteBuffer(string: "{")))
        connection.advance(.seconds(59))
        #expect(connection.channel.isActive)
        connection.advance(.seconds(1))
        #expect(try connection.answers().statuses == [408])
        #expect(!connection.channel.isActive)
        #expect(connection.monitor.isClosed)
    }

    @Test func clientThatNeverSendsAHeadIsClosed() throws {
        let connection = try GuardedConnection()
        connection.advance(.seconds(60))
        #expect(!connection.channel.isActive)
        #expect(try connection.answers().statuses.isEmpty)
    }

    @Test func answerMayTakeAsLongAsItTakes() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        connection.advance(.hours(1))
        #expect(connection.channel.isActive)
        #expect(!connection.monitor.isClosed)
    }

    @Test func nextRequestHasALimitOfItsOwn() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        try connection.respond()
        connection.advance(.seconds(50))
        try connection.receive(.head(GuardedConnection.head))
        connection.advance(.seconds(59))
        #expect(connection.channel.isActive)
        connection.advance(.seconds(1))
        #expect(try connection.answers().statuses == [200, 408])
    }

    /// A second answer would be taken for that to the client's next request.
    @Test func requestThatIsAnsweredBeforeItsEndGetsNoSecondAnswer() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .contentTooLarge)))
        try connection.channel.writeOutbound(HTTPResponsePart.end(nil))
        connection.advance(.seconds(60))
        #expect(try connection.answers().statuses == [413])
        #expect(!connection.channel.isActive)
    }

    @Test func nextRequestOnTheConnectionIsAnsweredAgain() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        try connection.channel.writeOutbound(HTTPResponsePart.end(nil))
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.tooLong("the head", limit: 4_096))
        #expect(try connection.answers().statuses == [200, 431])
    }

    @Test func clientThatDoesNotReadIsClosed() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.advance(.seconds(119))
        #expect(connection.channel.isActive)
        connection.advance(.seconds(1))
        #expect(!connection.channel.isActive)
        #expect(connection.monitor.isClosed)
    }

    @Test func clientThatReadsOnIsKept() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.advance(.seconds(119))
        connection.channel.isWritable = true
        connection.channel.pipeline.fireChannelWritabilityChanged()
        connection.advance(.seconds(300))
        #expect(connection.channel.isActive)
    }

    @Test func announcedBodyIsAskedFor() throws {
        let connection = try GuardedConnection()
        var head = GuardedConnection.head
        head.expectsContinue = true
        try connection.receive(.head(head))
        #expect(try connection.answers().statuses == [100])
        try connection.receive(.end)
        try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
        #expect(try connection.answers().statuses == [200])
    }

    @Test func bodyThatIsAnnouncedAsTooLargeIsNotAskedFor() throws {
        let connection = try GuardedConnection()
        var head = GuardedConnection.head
        head.expectsContinue = true
        head.contentLength = 1_025
        try connection.receive(.head(head))
        #expect(try connection.answers().statuses.isEmpty)
    }

    @Test func slowClientIsKeptAsLongAsItReads() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        try connection.receive(.end)
        let context = try connection.channel.pipeline.syncOperations.context(handlerType: ConnectionGuard.self)
        context.write(NIOAny(ByteBuffer(repeating: 0, count: 1_000)), promise: nil)
        connection.channel.isWritable = false
        connection.channel.pipeline.fireChannelWritabilityChanged()
        context.flush()
        connection.advance(.seconds(120))
        #expect(connection.channel.isActive, "it has read since the last look")
        connection.advance(.seconds(120))
        #expect(!connection.channel.isActive, "it has read nothing since the last look")
    }

    // MARK: The access log

    @Test func refusalIsLoggedWithTheIDThatTheClientGets() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        connection.advance(.seconds(60))
        let line = try #require(connection.log.entries.last)
        #expect(line.message == "request")
        #expect(line["outcome"] == "client_error")
        #expect(line["status"] == "408")
        #expect(line["error_code"] == "invalid_request")
        #expect(line["request_id"] == (try connection.answers().headers[.requestID]))
        #expect(connection.monitor.isRefused)
        #expect(connection.log.entries.count == 1)
    }

    @Test func connectionThatIsOnlyClosedIsNoRefusal() throws {
        let connection = try GuardedConnection()
        try connection.receive(.head(GuardedConnection.head))
        connection.channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
        connection.channel.flush()
        connection.channel.pipeline.fireErrorCaught(HTTPMessageError.malformed("it is not HTTP"))
        #expect(!connection.monitor.isRefused)
        #expect(connection.log.entries.isEmpty)
    }
}
