/// A page of metrics, and what must be said of it in an HTTP answer.
public struct PrometheusPage: Sendable, Hashable {
    /// The format of the text.
    public let format: ExpositionFormat
    /// The lines.
    public let text: String

    /// What the `Content-Type` header of the answer must be.
    public var contentType: String { format.contentType }
}
