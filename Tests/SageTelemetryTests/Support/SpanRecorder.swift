import InMemoryTracing
import SageResilience
import Tracing

@testable import SageTelemetry

/// A tracer in memory, and the questions that tests ask it.
struct SpanRecorder {
    let tracer = InMemoryTracer()

    func tracing(_ clock: any Clock<Duration> = ContinuousClock()) -> CallTracing {
        CallTracing(tracer: tracer, clock: clock)
    }

    /// The finished spans of a name, in the order in which they ended.
    func spans(_ name: String) -> [FinishedInMemorySpan] {
        tracer.finishedSpans.filter { $0.operationName == name }
    }

    func span(_ name: String) -> FinishedInMemorySpan? { spans(name).first }
}

extension FinishedInMemorySpan {
    subscript(name: String) -> String? { attributes.text(name) }

    /// All that a tracer would send, as text.
    var text: String {
        var parts = [operationName, "\(String(describing: status))"]
        func add(_ name: String, _ value: SpanAttribute) { parts.append("\(name)=\(value)") }
        attributes.forEach(add)
        for event in events {
            parts.append(event.name)
            event.attributes.forEach(add)
        }
        parts += errors.map { "\($0.error)" }
        return parts.joined(separator: " ")
    }
}

extension SpanEvent {
    subscript(name: String) -> String? { attributes.text(name) }
}

extension SpanAttributes {
    fileprivate func text(_ name: String) -> String? {
        switch self[name]?.toSpanAttribute() {
        case .string(let value): value
        case .int64(let value): "\(value)"
        case .int32(let value): "\(value)"
        case .bool(let value): "\(value)"
        default: nil
        }
    }
}
