import HTTPTypes
import NIOCore
import SageLLM
import SageResilience

/// One turn of a conversation: a message and its answer, whatever happens to the connection or the server meanwhile.
///
/// A message has an idempotency key, so asking again gives the same answer, is paid for once, and goes on with a turn that
/// the server's death has cut off. What was resumed without a message is looked up in the conversation.
struct ChatTurn: Sendable {
    /// What happens while the answer comes.
    enum Event: Sendable, Hashable {
        /// The id of the conversation.
        case session(String)
        /// A piece of the answer.
        case text(String)
        /// A tool was called.
        case tool(String)
        /// Something is missing, and why.
        case degraded(String)
        /// The turn is asked for again after a break.
        case again(reason: String)
    }

    /// What the user asks for.
    struct Request: Sendable, Hashable {
        /// The conversation; chosen by the caller, so that asking again meets the same one.
        var session: String
        /// Nil to go on with what was interrupted.
        var message: String?
        var model: String?
        var usesMemory = true
        var key: String
        /// Whether the server has answered before; one that was never there is not waited for.
        var isServerKnown = false
        /// Whether the server has begun to go on with what was interrupted.
        fileprivate var isResumed = false

        init(
            session: String, message: String?, model: String? = nil, usesMemory: Bool = true, key: String,
            isServerKnown: Bool = false
        ) {
            self.session = session
            self.message = message
            self.model = model
            self.usesMemory = usesMemory
            self.key = key
            self.isServerKnown = isServerKnown
        }
    }

    /// How long the server may be silent; it sends keep-alive lines more often.
    static let silence = Duration.seconds(60)

    let client: ServerClient
    let retry: RetryPolicy

    /// Asks, again where the way broke, and shows what comes.
    ///
    /// - Returns: The answer as a whole.
    /// - Throws: ``CommandFailure``.
    func run(_ request: Request, show: (Event) -> Void) async throws(CommandFailure) -> JSONValue {
        var request = request
        var text = ReplayedText()
        var told: String?
        do {
            return try await retry.execute { () async throws -> JSONValue in
                text.restart()
                do {
                    return try await attempt(&request, &text, show)
                } catch let interruption as ChatInterruption {
                    let reason = interruption.failure.message ?? "the connection broke"
                    if told != reason { show(.again(reason: reason)) }
                    told = reason
                    throw interruption
                }
            }
        } catch let interruption as ChatInterruption {
            throw interruption.failure
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "the turn failed: \(error)")
        }
    }

    private func attempt(
        _ request: inout Request, _ text: inout ReplayedText, _ show: (Event) -> Void
    ) async throws -> JSONValue {
        if request.isResumed, let answer = try await resumed(request) {
            let rest = text.finish(answer["reply"]?.stringValue ?? text.shown)
            if !rest.isEmpty { show(.text(rest)) }
            return answer
        }
        let response = try await response(to: &request)
        var parser = ServerSentEventParser()
        while true {
            while let event = try nextEvent(&parser) {
                let data = try? JSONValue(parsing: event.data)
                switch event.event {
                case "session":
                    if let id = data?["session_id"]?.stringValue { show(.session(id)) }
                case "delta":
                    let piece = text.receive(data?["text"]?.stringValue ?? "")
                    if !piece.isEmpty { show(.text(piece)) }
                case "tool":
                    show(.tool(data?["name"]?.stringValue ?? "tool"))
                case "degraded":
                    let (what, why) = (data?["what"]?.stringValue ?? "", data?["why"]?.stringValue ?? "")
                    show(.degraded(why.isEmpty ? what : "\(what): \(why)"))
                case "done":
                    guard let data else { throw broken("the answer cannot be read") }
                    let rest = text.finish(data["reply"]?.stringValue ?? text.shown)
                    if !rest.isEmpty { show(.text(rest)) }
                    return data
                case "error":
                    throw refusal(status: 502, data, headers: [:])
                default:
                    break
                }
            }
            guard let part = try await next(response.body) else { throw broken("the answer broke off") }
            parser.append(part)
        }
    }

    private func response(to request: inout Request) async throws -> UpstreamResponse {
        let (path, body) = Self.call(request)
        var upstream = client.request(
            .post, path, body: ByteBuffer(string: body.description), timeLimit: Self.silence)
        upstream.headers[.accept] = "text/event-stream"
        let response: UpstreamResponse
        do throws(UpstreamFailure) {
            response = try await client.transport.send(upstream)
        } catch {
            let failure = client.failure(error, "POST \(path)", timeLimit: Self.silence)
            throw request.isServerKnown ? ChatInterruption(failure: failure) : failure as any Error
        }
        request.isServerKnown = true
        guard response.status != 200 else {
            request.isResumed = request.message == nil
            return response
        }
        let answer: ByteBuffer
        do throws(UpstreamFailure) {
            answer = try await response.body.collect(upTo: 1 << 20, within: ServerClient.timeLimit)
        } catch {
            throw ChatInterruption(failure: client.failure(error, "POST \(path)", timeLimit: Self.silence))
        }
        throw refusal(status: response.status, try? JSONValue(parsing: answer), headers: response.headers)
    }

    /// What has become of a turn that was resumed before the way to the server broke; nil when it was cut off again.
    private func resumed(_ request: Request) async throws -> JSONValue? {
        let path = SessionCommand.path(request.session)
        let answer: ServerClient.Answer
        do throws(CommandFailure) {
            answer = try await client.send(.get, path)
        } catch {
            throw ChatInterruption(failure: error)
        }
        guard answer.status == 200 else {
            throw refusal(status: answer.status, answer.json, headers: [:])
        }
        let session = try client.json(answer, of: "GET \(path)")
        switch session["state"]?.stringValue {
        case "interrupted": return nil
        case "running":
            throw ChatInterruption(
                failure: CommandFailure(.failed, "the turn is still under way"), wait: .seconds(1))
        default: break
        }
        guard let last = session["messages"]?.arrayValue?.last, last["role"]?.stringValue == "assistant",
            let reply = last["content"]?.stringValue
        else { throw CommandFailure(.failed, "the turn ended without an answer") }
        return ["session_id": .string(request.session), "reply": .string(reply)]
    }

    /// The path and the body of a request.
    static func call(_ request: Request) -> (path: String, body: JSONValue) {
        var body = JSONObject()
        body["stream"] = .bool(true)
        if let model = request.model { body["model"] = .string(model) }
        guard let message = request.message else {
            return (SessionCommand.path(request.session, "/resume"), .object(body))
        }
        body["session_id"] = .string(request.session)
        body["idempotency_key"] = .string(request.key)
        body["message"] = .string(message)
        if !request.usesMemory { body["memory"] = .bool(false) }
        return ("/chat", .object(body))
    }

    /// What a refusal leads to: asking again, which goes on with a turn that was cut off, or the end.
    private func refusal(status: Int, _ body: JSONValue?, headers: HTTPFields) -> any Error {
        let failure = client.refusal(status: status, body, "POST /chat")
        let code = body?["error"]?["code"]?.stringValue
        let isPassing = [429, 502, 503, 504].contains(status) && body?["error"] != nil || code == "interrupted"
        guard isPassing, headers[.xShouldRetry] != "false", code != "upstream_error", code != "upstream_truncated"
        else { return failure }
        return ChatInterruption(
            failure: failure, wait: headers[.retryAfter].flatMap { Int64($0) }.map { .seconds(min($0, 60)) })
    }

    private func nextEvent(_ parser: inout ServerSentEventParser) throws -> ServerSentEvent? {
        do throws(ServerSentEventError) {
            return try parser.next()
        } catch {
            throw CommandFailure(.failed, "\(client.server.url) sends an event that is too large")
        }
    }

    private func next(_ body: UpstreamBody) async throws -> ByteBuffer? {
        do throws(UpstreamFailure) {
            return try await body.next(within: Self.silence)
        } catch {
            throw ChatInterruption(failure: client.failure(error, "POST /chat", timeLimit: Self.silence))
        }
    }

    private func broken(_ what: String) -> ChatInterruption {
        ChatInterruption(failure: CommandFailure(.failed, "\(what); is sage serve running?"))
    }
}

extension HTTPField.Name {
    /// Whether trying again helps.
    fileprivate static var xShouldRetry: Self { Self("x-should-retry") ?? .retryAfter }
}
