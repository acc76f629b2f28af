import Foundation
import NIOCore
import NIOPosix

/// A client that sees the connection as it is: every read apart, and whether it ended with a close or a reset.
struct RawClient {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// What a server sent on one connection.
    struct Transcript: Sendable {
        var text = ""
        /// Whether the connection ended with a reset.
        var isReset = false
        var status: Int? { text.split(separator: " ").dropFirst().first.flatMap { Int($0) } }
        /// The text after the headers.
        var body: String { text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
    }

    let port: Int

    func connect() async throws -> Connection {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Sends a request on a connection of its own and reads until the server ends it.
    func send(
        _ method: String, _ path: String, headers: String = "", body: String = "", close: Bool = true
    ) async throws -> Transcript {
        try await exchange([Self.request(method, path, headers: headers, body: body, close: close)])
    }

    func chat(stream: Bool = false) async throws -> Transcript {
        try await send("POST", "/v1/chat/completions", body: Self.chatBody(stream: stream))
    }

    /// Sends texts on one connection and reads until the server ends it.
    func exchange(_ requests: [String]) async throws -> Transcript {
        let connection = try await connect()
        let transcript = Collector()
        do {
            try await connection.executeThenClose { inbound, outbound in
                for request in requests { try await outbound.write(ByteBuffer(string: request)) }
                for try await buffer in inbound { await transcript.append(String(buffer: buffer)) }
            }
        } catch let error as IOError where error.errnoCode == ECONNRESET {
            await transcript.reset()
        }
        return await transcript.value
    }

    static func request(
        _ method: String, _ path: String, headers: String = "", body: String = "", close: Bool = false
    ) -> String {
        "\(method) \(path) HTTP/1.1\r\nhost: localhost\r\ncontent-length: \(body.utf8.count)\r\n"
            + "\(headers)\(close ? "connection: close\r\n" : "")\r\n\(body)"
    }

    static func chatBody(stream: Bool) -> String {
        #"{"model":"gpt-5-mini","stream":\#(stream),"messages":[{"role":"user","content":"one two three"}]}"#
    }

    private actor Collector {
        var value = Transcript()
        func append(_ text: String) { value.text += text }
        func reset() { value.isReset = true }
    }
}
