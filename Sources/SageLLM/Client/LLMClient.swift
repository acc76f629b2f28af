/// Something that answers chat completions: a provider, or several of them behind one front.
///
/// What an application programs against, so that clients can stand in for each other. The engine's policies compose
/// clients without knowing them:
///
/// ```swift
/// let reply = try await Fallback().execute(over: [claude, openai]) { try await $0.chat(question) }
/// print(reply.value.choices[0].message, "from", reply.target)
/// ```
public protocol LLMClient: Sendable {
    /// What identifies the client in errors and events.
    var name: String { get }

    /// Asks for a whole answer.
    ///
    /// - Parameter request: The request; its `stream` is not looked at.
    /// - Throws: The last error of the service, `ResilienceRejection` of a policy, or `CancellationError`.
    func chat(_ request: ChatCompletionRequest) async throws -> ChatCompletion

    /// Asks for an answer as a stream, and returns when its first token has arrived.
    ///
    /// - Parameter request: The request; its `stream` is not looked at.
    /// - Throws: As ``chat(_:)``. What fails after the first token is thrown by the stream.
    func stream(_ request: ChatCompletionRequest) async throws -> ChatCompletionStream
}
