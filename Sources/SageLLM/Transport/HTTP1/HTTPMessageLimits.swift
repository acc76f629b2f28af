/// How much of a message is accepted around its body.
struct HTTPMessageLimits: Sendable {
    /// The first line and all fields, or all trailers, in bytes.
    var headBytes = 64 << 10
    /// The status line of an answer, in bytes.
    var statusLineBytes = 8 << 10
    /// The number of fields.
    var fields = 256
    /// The line before a chunk, its extensions included, in bytes.
    var chunkLineBytes = 4 << 10
    /// The heads of status 1xx before the answer.
    var interimHeads = 16
}
