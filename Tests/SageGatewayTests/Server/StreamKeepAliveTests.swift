import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import SageLLM
import Testing

@testable import SageGateway

struct StreamKeepAliveTests {
    private let head = HTTPResponse(status: .ok, headerFields: [.contentType: "text/event-stream"])
    private let ping = ByteBuffer(string: ": keep-alive\n\n")

    private func began(_ connection: GuardedConnection) throws -> StreamKeepAlive {
        try connection.channel.writeInbound(RequestParser.Part.head(GuardedConnection.head))
        try connection.channel.writeInbound(RequestParser.Part.end)
        let keepAlive = StreamKeepAlive(channel: connection.channel, interval: .seconds(10))
        keepAlive.start(head, ping: ping)
        return keepAlive
    }

    private func parts(_ connection: GuardedConnection) throws -> [HTTPResponsePart] {
        var parts: [HTTPResponsePart] = []
        while let part = try connection.channel.readOutbound(as: HTTPResponsePart.self) { parts.append(part) }
        return parts
    }

    @Test func aQuickAnswerHearsNothing() throws {
        let connection = try GuardedConnection()
        let keepAlive = try began(connection)
        connection.channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(!keepAlive.stop())
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(try parts(connection).isEmpty)
    }

    @Test func aSlowOneBeginsWithPingsAndItsOwnHeadIsLeftOut() throws {
        let connection = try GuardedConnection()
        let keepAlive = try began(connection)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(25))
        #expect(try parts(connection) == [.head(head), .body(ping), .body(ping)])
        #expect(keepAlive.stop())
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        try connection.channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .badGateway)))
        try connection.channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(string: "data: x\n\n")))
        try connection.channel.writeOutbound(HTTPResponsePart.end(nil))
        #expect(try parts(connection) == [.body(ByteBuffer(string: "data: x\n\n")), .end(nil)])
    }

    @Test func theNextAnswerHasItsHeadAgain() throws {
        let connection = try GuardedConnection()
        let keepAlive = try began(connection)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(keepAlive.stop())
        try connection.respond()
        _ = try parts(connection)
        try connection.channel.writeInbound(RequestParser.Part.head(GuardedConnection.head))
        try connection.channel.writeInbound(RequestParser.Part.end)
        try connection.respond(.accepted)
        #expect(try parts(connection).first == .head(HTTPResponse(status: .accepted)))
    }

    @Test func withoutAnIntervalNothingIsSent() throws {
        let connection = try GuardedConnection()
        let keepAlive = StreamKeepAlive(channel: connection.channel, interval: nil)
        keepAlive.start(head, ping: ping)
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(try parts(connection).isEmpty)
        #expect(!keepAlive.stop())
    }

    @Test func aStoppedOneCannotBeStarted() throws {
        let connection = try GuardedConnection()
        let keepAlive = StreamKeepAlive(channel: connection.channel, interval: .seconds(1))
        #expect(!keepAlive.stop())
        keepAlive.start(head, ping: ping)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(try parts(connection).isEmpty)
    }
}
