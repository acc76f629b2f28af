/// The protocol of one kind of provider: which requests it answers, and in which words.
///
/// One folder per provider. The server tries the shapes in order and knows nothing about any of them.
protocol ProviderShape: Sendable {
    /// Whether a request belongs to this shape, whatever its method.
    func serves(_ request: ProviderRequest) -> Bool

    /// What rules can match on: the model and whether a stream is asked for.
    func facts(of request: ProviderRequest) -> (model: String?, isStream: Bool)

    /// What a healthy provider answers.
    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply

    /// The error envelope for a status, used where a script gives no body.
    func error(status: Int, message: String, for request: ProviderRequest) -> ProviderReply

    /// The header by which the provider names a request; nil when it has none.
    func identification(of request: ProviderRequest) -> FaultStep.Header?
}

/// A request as a shape sees it.
struct ProviderRequest: Sendable, Hashable {
    var method: String
    /// The path without its query.
    var path: String
    /// The items of the query.
    var query: [String: String] = [:]
    /// Header values by name in lower case; several values are joined with a comma and a space.
    var headers: [String: String] = [:]
    var body: [UInt8]
    /// The number of the request, from which ids in the answer are made.
    var sequence: Int
    /// Seconds since 1970, for the answer's time of creation.
    var time: Int
}
