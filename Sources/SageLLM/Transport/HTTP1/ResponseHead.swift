import HTTPTypes

/// The status line and the fields of an answer, and what they say about its body and its connection.
struct ResponseHead: Sendable, Equatable {
    var status: Int
    var fields: HTTPFields
    var framing: BodyFraming
    /// Whether the server keeps the connection open after the answer.
    var isPersistent: Bool
    /// The codings of the body other than `identity`.
    var contentEncoding: String?
    /// How long the server keeps the connection open while nothing is sent, in seconds, where it says so.
    var keepAliveSeconds: Int?

    /// Whether another head of the same answer follows.
    var isInterim: Bool { status < 200 }
}

/// Where the body of a message ends (RFC 9112, section 6.3).
enum BodyFraming: Sendable, Equatable {
    /// There is none.
    case none
    /// After so many bytes.
    case length(Int)
    /// With a chunk of no bytes.
    case chunked
    /// With the connection.
    case untilClose
}
