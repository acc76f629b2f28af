public import HTTPTypes
package import NIOCore

/// Where an OpenAI-compatible service is, and how to sign requests to it.
///
/// Serves OpenAI itself and every service that speaks its protocol: SiliconFlow, Azure, DeepSeek, Groq, Ollama,
/// llama.cpp, vLLM, OpenRouter.
public struct OpenAIEndpoint: Sendable {
    /// The base of all URLs, which ends in the version, for example `https://api.openai.com/v1`; no slash at the end.
    public let baseURL: String
    /// Knows the key and the values of the fields, which must not appear in an error.
    let redaction: SecretRedaction
    /// The fields of every request, the key included.
    private let headers: HTTPFields

    /// Creates an endpoint.
    ///
    /// - Parameters:
    ///   - baseURL: The base of all URLs. Defaults to OpenAI's own.
    ///   - apiKey: Sent as a bearer token. Defaults to none, as local servers need none.
    ///   - headers: Further fields of every request. Defaults to none.
    public init(baseURL: String = "https://api.openai.com/v1", apiKey: String? = nil, headers: HTTPFields = [:]) {
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.redaction = SecretRedaction(knownSecrets: headers.map(\.value) + [apiKey].compactMap(\.self))
        var headers = headers
        if let apiKey, !apiKey.isEmpty { headers[.authorization] = "Bearer \(apiKey)" }
        headers[.contentType] = "application/json"
        self.headers = headers
    }

    /// The request for a chat completion.
    ///
    /// - Parameters:
    ///   - body: The request's JSON, sent as it is.
    ///   - isStream: Whether the answer is asked for as a stream of events.
    ///   - forwarded: Fields of the client that the provider should see; the endpoint's own fields win.
    package func chatRequest(body: ByteBuffer, isStream: Bool, forwarded: HTTPFields = [:]) -> UpstreamRequest {
        var fields = forwarded
        for field in headers where field.name != .contentType { fields[field.name] = nil }
        fields[.contentType] = nil
        fields.append(contentsOf: headers)
        fields[.accept] = isStream ? "text/event-stream" : "application/json"
        return UpstreamRequest(url: baseURL + "/chat/completions", headers: fields, body: body)
    }
}
