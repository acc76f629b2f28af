import NIOCore

/// A request as it goes over the network.
struct PreparedRequest: Sendable {
    let head: ByteBuffer
    let body: ByteBuffer
    let traits: RequestHead.Traits
}
