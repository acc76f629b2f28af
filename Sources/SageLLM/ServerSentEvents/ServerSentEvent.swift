package import NIOCore

/// One block of an event stream: the lines up to and including an empty line.
///
/// Blocks without a `data` field (comments, empty lines that keep a connection alive) are reported too, so that a proxy
/// can forward them; by the specification only a block with ``isDispatched`` is an event for the application.
package struct ServerSentEvent: Sendable, Hashable {
    /// The value of the last `event` field; nil means the type `message`.
    package var event: String?
    /// The values of the `data` fields, joined by line feeds.
    package var data: ByteBuffer
    /// The value of the last `id` field of this block, if it is valid.
    package var id: String?
    /// The value of the last `retry` field in milliseconds, if it consists of digits only.
    package var retry: Int?
    /// Whether the block has a `data` field.
    package var isDispatched: Bool
    /// The bytes as they arrived; all blocks of a stream one after the other are the stream.
    package var raw: ByteBuffer

    /// The data as text; what is not UTF-8 becomes U+FFFD.
    package var dataText: String { String(buffer: data) }
}
