/// The protocol of one kind of provider: which paths it answers, and in which words.
///
/// One folder per shape. The server tries the shapes in order and knows nothing about any of them.
protocol ProviderShape: Sendable {
    /// Whether the path belongs to this shape, whatever the method.
    func serves(path: String) -> Bool

    /// What rules can match on in the body: the model and whether a stream is asked for.
    func facts(path: String, body: [UInt8]) -> (model: String?, isStream: Bool)

    /// What a healthy provider answers.
    func reply(to request: ProviderRequest, options: ReplyOptions) -> ProviderReply

    /// The error envelope for a status, used where a script gives no body.
    func error(status: Int, message: String) -> ProviderReply
}

/// A request as a shape sees it.
struct ProviderRequest: Sendable, Hashable {
    var method: String
    /// The path without its query.
    var path: String
    var body: [UInt8]
    /// The number of the request, from which ids in the answer are made.
    var sequence: Int
    /// Seconds since 1970, for the answer's `created`.
    var time: Int
}
