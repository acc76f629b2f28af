import HTTPTypes
import NIOCore
import SageLLM
import SageResilience

/// A tool behind an address: takes the arguments as JSON by `POST`, and answers with any text.
struct HTTPTool: AgentTool {
    let name: String
    let description: String
    let parameters: JSONValue
    let isRepeatable: Bool
    private let url: String
    private let headers: HTTPFields
    private let timeout: Duration
    private let transport: any UpstreamTransport
    private let pipeline: ResiliencePipeline

    /// - Parameters:
    ///   - tool: What the configuration says.
    ///   - transport: Sends requests.
    ///   - clock: The time in which policies live.
    ///   - listener: Hears of what policies do.
    /// - Throws: `ConfigurationError` for what the engine refuses.
    init(
        _ tool: GatewayConfiguration.Agent.Tool, transport: any UpstreamTransport,
        clock: any Clock<Duration> = ContinuousClock(), listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        name = tool.name
        description = tool.description
        parameters = tool.parameters
        isRepeatable = tool.repeatable
        url = tool.url?.description ?? ""
        timeout = tool.timeout
        self.transport = transport
        var headers: HTTPFields = [.contentType: "application/json", .accept: "application/json, text/*;q=0.9"]
        for (name, value) in tool.headers {
            guard let field = HTTPField.Name(name) else { continue }
            headers[field] = value.reveal()
        }
        self.headers = headers
        // A call that was certainly not sent is repeated in any case, one that may have had an effect only if it may.
        let retry = try RetryConfiguration(
            maxAttempts: 3, totalTimeLimit: tool.timeout * 2,
            idempotency: tool.repeatable ? .idempotent : .notIdempotent)
        let breaker = try CircuitBreakerConfiguration(
            window: .calls(10), minimumCalls: 5, consecutiveFailures: 5, recoveryTimeout: .seconds(30))
        let (name, timeout) = (tool.name, tool.timeout)
        pipeline = try ResiliencePipeline("tool:\(name)", clock: clock, listener: listener) {
            () throws(ConfigurationError) in
            retry
            breaker
            try TimeLimiter(timeout)
        }
    }

    func run(_ arguments: JSONObject, _ context: ToolContext) async throws -> String {
        var headers = headers
        // A service that knows the field can tell a repetition, ours or that of a resumed turn, from a new call.
        headers[.idempotencyKey] = context.callKey
        let request = UpstreamRequest(
            url: url, headers: headers, body: JSONValue.object(arguments).jsonBuffer, responseHeadersTimeout: timeout)
        do {
            return try await pipeline.execute { [transport] in try await Self.send(request, transport) }
        } catch let error as ToolAnswer {
            throw ToolFailure("\(name) answered with status \(error.status): \(error.text)")
        } catch let error as CircuitBreakerError {
            let wait = error.retryAfter.map { ", try again in \(max(1, $0.components.seconds)) s" } ?? ""
            throw ToolFailure("\(name) has failed too often lately and is not called for now\(wait)")
        } catch is TimeLimiterError {
            throw ToolFailure(
                "\(name) did not answer within \(DurationText.render(timeout)); it may or may not have run")
        } catch let error as ToolUnreachable {
            throw ToolFailure("\(name) cannot be reached: \(error.reason)")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ToolFailure("\(name) could not be called")
        }
    }

    @concurrent
    private static func send(_ request: UpstreamRequest, _ transport: any UpstreamTransport) async throws -> String {
        let answer: (status: Int, retryAfter: String?, body: ByteBuffer)
        do throws(UpstreamFailure) {
            let response = try await transport.send(request)
            let body = try await response.body.collect(upTo: ToolSet.maximumResultBytes)
            answer = (response.status, response.headers[.retryAfter], body)
        } catch {
            if error == .cancelled { throw CancellationError() }
            throw ToolUnreachable(error)
        }
        let text = String(buffer: answer.body)
        guard (200..<300).contains(answer.status) else {
            let wait = answer.retryAfter.flatMap { Int64($0) }.map { Duration.seconds(min(max(0, $0), 3_600)) }
            throw ToolAnswer(status: answer.status, text: String(text.prefix(2_000)), retryAfter: wait)
        }
        return text
    }
}

/// An answer of a tool that is an error.
struct ToolAnswer: ClassifiedError {
    var status: Int
    var text: String
    var retryAfter: Duration?

    var classification: ErrorClassification { ErrorClassification(httpStatus: status, retryAfter: retryAfter) }
}

/// Why a tool gave no answer.
struct ToolUnreachable: ClassifiedError {
    /// In a few words, without the address: models need not know it.
    let reason: String
    let classification: ErrorClassification

    init(_ failure: UpstreamFailure) {
        switch failure {
        case .connection(let kind, _):
            let isNotSent = kind == .connectFailed || kind == .nameResolution || kind == .tlsHandshake
            reason = isNotSent ? "no connection could be made" : "the connection broke; it may or may not have run"
            classification = ErrorClassification(.transient, isNotSent: isNotSent, isConnection: true)
        case .connectTimeout:
            reason = "no connection could be made in time"
            classification = ErrorClassification(.timeout, isNotSent: true)
        case .responseHeadersTimeout, .bodyTimeout:
            reason = "it did not answer in time; it may or may not have run"
            classification = ErrorClassification(.timeout)
        case .bodyTooLarge(let limit):
            reason = "its answer has more than \(limit) bytes"
            classification = ErrorClassification(.permanent)
        default:
            reason = "the request could not be sent"
            classification = ErrorClassification(.permanent)
        }
    }
}
