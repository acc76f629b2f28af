import HTTPTypes
import Hummingbird
import NIOCore
import SageLLM

/// What a client gets for a request to a model.
struct ModelAnswer: Sendable {
    enum Body: Sendable {
        case whole(ByteBuffer)
        case stream(RelayedStream)
    }

    var head: AnswerHead
    var body: Body
    /// What comes before a stream.
    var opening: ByteBuffer?
}

extension ModelAnswer {
    /// The answer for an error, in the words of the client's dialect.
    init(_ error: GatewayError, _ dialect: Dialect, requestID: String? = nil) {
        self.init(
            head: AnswerHead(status: error.httpStatus, fields: error.headers),
            body: .whole(error.envelope(dialect, requestID: requestID).jsonBuffer))
    }
}

extension Response {
    /// The answer as the router wants it.
    ///
    /// - Parameter monitor: That of the client's connection.
    init(_ answer: ModelAnswer, _ monitor: ConnectionMonitor) {
        var headers = answer.head.fields
        for field in answer.head.own {
            guard let name = HTTPField.Name(field.name) else { continue }
            headers[name] = field.value
        }
        switch answer.body {
        case .whole(let bytes):
            self.init(status: answer.head.status, headers: headers, body: .init(byteBuffer: bytes))
        case .stream(let stream):
            self.init(
                status: answer.head.status, headers: headers,
                body: ResponseBody { writer in
                    let registration = monitor.whenStopped { stream.cancel() }
                    defer { monitor.forget(registration) }
                    if let opening = answer.opening { try await writer.write(opening) }
                    var reader = stream.makeReader(isClientGone: { monitor.isClosed })
                    while let bytes = try await reader.next() { try await writer.write(bytes) }
                    try await writer.finish(nil)
                })
        }
    }
}
