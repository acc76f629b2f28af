/// One call to a provider, ready to be sent.
package struct ModelCall: Sendable {
    /// What is sent.
    package var request: UpstreamRequest
    /// The provider's format.
    package var format: WireFormat
    /// Whether the request asks for a stream.
    package var isStream: Bool
    /// How many choices the request asks for.
    package var expectedChoices: Int
    /// What makes the provider's answer one in the client's format; nil where both have the same, and bytes are
    /// forwarded.
    package var translation: AnswerTranslation?

    package init(
        _ request: UpstreamRequest, format: WireFormat, isStream: Bool, expectedChoices: Int = 1,
        translation: AnswerTranslation? = nil
    ) {
        self.request = request
        self.format = format
        self.isStream = isStream
        self.expectedChoices = expectedChoices
        self.translation = translation
    }
}
