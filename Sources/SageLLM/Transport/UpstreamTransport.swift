public import HTTPTypes
public import NIOCore

/// Sends requests to a provider: the seam between the policies and the network.
///
/// An implementation holds connections and must be safe to use from any task. It does not retry, follow redirects or
/// decode: what to do about a failure is decided by its caller.
public protocol UpstreamTransport: Sendable {
    /// Sends a request and waits for the head of its answer.
    ///
    /// - Parameter request: The request.
    /// - Returns: The answer, whose body is read at the caller's pace.
    /// - Throws: ``UpstreamFailure``. Cancelling the task ends the exchange and closes its connection.
    func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse

    /// Closes idle connections and refuses further requests.
    func shutdown() async
}

/// A request to a provider.
public struct UpstreamRequest: Sendable {
    /// The HTTP method.
    public var method: HTTPRequest.Method
    /// The absolute URL.
    public var url: String
    /// The header fields, without those about the connection and the body's length.
    public var headers: HTTPFields
    /// The body.
    public var body: ByteBuffer
    /// How long to wait for the head of the answer, connecting included; nil waits without limit.
    public var responseHeadersTimeout: Duration?
    /// Where the exchange should run: the event loop on which the caller's own request arrived.
    ///
    /// A caller that runs on this event loop changes no thread between its request and the network. Nil is the event
    /// loop of the current thread, or any if the thread has none. A transport without event loops ignores it.
    public var eventLoop: (any EventLoop)?

    /// Creates a request.
    ///
    /// - Parameters:
    ///   - method: The HTTP method. Defaults to POST.
    ///   - url: The absolute URL.
    ///   - headers: The header fields. Defaults to none.
    ///   - body: The body. Defaults to an empty one.
    ///   - responseHeadersTimeout: How long to wait for the head of the answer. Defaults to no limit.
    ///   - eventLoop: Where the exchange should run. Defaults to the event loop of the current thread, if it has one.
    public init(
        method: HTTPRequest.Method = .post, url: String, headers: HTTPFields = [:],
        body: ByteBuffer = ByteBuffer(), responseHeadersTimeout: Duration? = nil,
        eventLoop: (any EventLoop)? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.responseHeadersTimeout = responseHeadersTimeout
        self.eventLoop = eventLoop
    }
}

/// The answer of a provider, whose body may still be on its way.
public struct UpstreamResponse: Sendable {
    /// The HTTP status code.
    public var status: Int
    /// The header fields.
    public var headers: HTTPFields
    /// The body.
    public var body: UpstreamBody

    /// Creates an answer.
    public init(status: Int, headers: HTTPFields, body: UpstreamBody) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}
