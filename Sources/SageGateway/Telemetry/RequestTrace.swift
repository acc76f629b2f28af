import HTTPTypes
import SageLLM
import SageOTLP
import Tracing

/// The spans of one request: one for what the client asked, and one for each call to a provider.
struct RequestTrace: Sendable {
    let tracer: OTLPTracer
    let span: OTLPSpan

    /// Begins the client's span, as a child of the one that its headers name.
    init(_ tracer: OTLPTracer, route: String, method: String, headers: HTTPFields) {
        self.tracer = tracer
        var context = ServiceContext.topLevel
        if let parent = headers[.traceparent] {
            context.traceContext = TraceContext(traceparent: parent, tracestate: headers[.tracestate])
        }
        span = tracer.startSpan("\(method) \(route)", context: context, ofKind: .server)
        span.set(SpanKeys.httpMethod, .string(method))
        span.set(SpanKeys.httpRoute, .string(route))
    }

    /// Begins the span of a call to a provider.
    func beginAttempt(_ target: TargetTelemetry, _ kind: AttemptKind, number: Int, _ call: ModelCall) -> OTLPSpan {
        let operation = call.format.operationName
        let span = tracer.startSpan("\(operation) \(target.model)", context: span.context, ofKind: .client)
        guard span.isRecording else { return span }
        span.set(SpanKeys.operation, .string(operation))
        span.set(SpanKeys.provider, .string(target.providerName))
        span.set(SpanKeys.requestModel, .string(target.model))
        span.set(SpanKeys.target, .string(target.name))
        span.set(SpanKeys.attempt, .int64(Int64(number)))
        span.set(SpanKeys.attemptKind, .string(kind.label))
        if call.isStream { span.set(SpanKeys.requestStream, .bool(true)) }
        if call.expectedChoices != 1 { span.set(SpanKeys.choices, .int64(Int64(call.expectedChoices))) }
        if let address = target.address {
            span.set(SpanKeys.serverAddress, .string(address.host))
            span.set(SpanKeys.serverPort, .int64(Int64(address.port)))
        }
        for (key, value) in RequestSettings.attributes(of: call) { span.set(key, value) }
        return span
    }

    /// Ends the client's span.
    func end(_ record: AccessRecord) {
        guard span.isRecording else { return }
        span.set(SpanKeys.httpStatus, .int64(Int64(record.status)))
        span.set(SpanKeys.requestID, .string(record.requestID))
        span.set(SpanKeys.outcome, .string(record.outcome.rawValue))
        span.set(SpanKeys.attempts, .int64(Int64(record.attempts)))
        span.set(SpanKeys.fallbacks, .int64(Int64(record.fallbacks)))
        if !record.model.isEmpty { span.set(SpanKeys.requestModel, .string(record.model)) }
        if let target = record.target { span.set(SpanKeys.target, .string(target)) }
        if let code = record.errorCode { span.set(SpanKeys.errorType, .string(code.rawValue)) }
        // Of a server's spans only what is the server's own failure counts as an error.
        if record.outcome == .providerError || record.outcome == .policyRejected {
            span.setStatus(SpanStatus(code: .error))
        }
        span.end()
    }
}

extension WireFormat {
    /// What OpenTelemetry calls the operation.
    fileprivate var operationName: String {
        switch operation {
        case .chat: self == .generateContent ? "generate_content" : "chat"
        case .embeddings: "embeddings"
        case .countTokens: "count_tokens"
        }
    }
}
