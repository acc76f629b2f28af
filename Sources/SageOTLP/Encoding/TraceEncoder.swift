import Tracing

/// Writes spans as an OTLP `ExportTraceServiceRequest` in JSON.
///
/// It is the JSON of protocol buffers with two exceptions that OTLP makes: ids are in hexadecimal, enumerations are
/// numbers. 64-bit integers are texts.
struct TraceEncoder: Sendable {
    /// Everything before the spans, which is the same for all requests.
    private let head: [UInt8]
    private let tail: [UInt8]

    /// - Parameters:
    ///   - resource: What the spans come from, by attribute.
    ///   - scope: The name of what makes the spans.
    init(resource: [String: String], scope: String) {
        var head = JSONText()
        head.raw(#"{"resourceSpans":[{"resource":{"attributes":"#)
        head.array(resource.sorted { $0.key < $1.key }) { json, pair in
            Self.attribute(pair.key, .string(pair.value), &json)
        }
        head.raw(#"},"scopeSpans":[{"scope":{"name":"#)
        head.string(scope)
        head.raw(#"},"spans":"#)
        self.head = head.bytes
        tail = Array("}]}]}".utf8)
    }

    func encode(_ spans: some Collection<FinishedSpan>) -> [UInt8] {
        var json = JSONText(capacity: head.count + spans.count * 1_024)
        json.array(spans) { Self.span($1, &$0) }
        return head + json.bytes + tail
    }

    private static func span(_ span: FinishedSpan, _ json: inout JSONText) {
        json.raw(#"{"traceId":"#)
        json.traceID(span.context.traceID)
        json.raw(#","spanId":"#)
        json.spanID(span.context.spanID)
        if let state = span.context.state {
            json.raw(#","traceState":"#)
            json.string(state.text)
        }
        if let parent = span.parent {
            json.raw(#","parentSpanId":"#)
            json.spanID(parent.spanID)
        }
        json.raw(#","flags":"#)
        json.number(flags(of: span.context, isRemote: span.parent?.isRemote ?? false))
        json.raw(#","name":"#)
        json.string(span.name)
        json.raw(#","kind":"#)
        json.number(number(of: span.kind))
        json.raw(#","startTimeUnixNano":"#)
        json.quoted(span.start)
        json.raw(#","endTimeUnixNano":"#)
        json.quoted(span.end)
        json.raw(#","attributes":"#)
        attributes(span.attributes, &json)
        dropped(#","droppedAttributesCount":"#, span.droppedAttributes, &json)
        if !span.events.isEmpty {
            json.raw(#","events":"#)
            json.array(span.events) { event($1, &$0) }
        }
        dropped(#","droppedEventsCount":"#, span.droppedEvents, &json)
        let links = span.links.compactMap { link in link.context.traceContext.map { ($0, link.attributes) } }
        if !links.isEmpty {
            json.raw(#","links":"#)
            json.array(links) { Self.link($1.0, $1.1, &$0) }
        }
        dropped(#","droppedLinksCount":"#, span.droppedLinks, &json)
        json.raw(#","status":{"#)
        if let status = span.status {
            json.raw(#""code":"#)
            json.number(status.code == .ok ? 1 : 2)
            if let message = status.message {
                json.raw(#","message":"#)
                json.string(message)
            }
        }
        json.raw("}}")
    }

    private static func event(_ event: SpanEvent, _ json: inout JSONText) {
        json.raw(#"{"timeUnixNano":"#)
        json.quoted(event.nanosecondsSinceEpoch)
        json.raw(#","name":"#)
        json.string(event.name)
        json.raw(#","attributes":"#)
        attributes(event.attributes, &json)
        json.raw("}")
    }

    private static func link(_ context: TraceContext, _ values: SpanAttributes, _ json: inout JSONText) {
        json.raw(#"{"traceId":"#)
        json.traceID(context.traceID)
        json.raw(#","spanId":"#)
        json.spanID(context.spanID)
        if let state = context.state {
            json.raw(#","traceState":"#)
            json.string(state.text)
        }
        json.raw(#","attributes":"#)
        attributes(values, &json)
        json.raw(#","flags":"#)
        json.number(flags(of: context, isRemote: context.isRemote))
        json.raw("}")
    }

    private static func dropped(_ key: StaticString, _ count: Int, _ json: inout JSONText) {
        guard count > 0 else { return }
        json.raw(key)
        json.number(min(count, Int(UInt32.max)))
    }

    private static func attributes(_ attributes: SpanAttributes, _ json: inout JSONText) {
        json.array(attributes.pairs) { attribute($1.key, $1.value, &$0) }
    }

    private static func attribute(_ key: String, _ attribute: SpanAttribute, _ json: inout JSONText) {
        json.raw(#"{"key":"#)
        json.string(key)
        json.raw(#","value":"#)
        value(attribute, &json)
        json.raw("}")
    }

    private static func value(_ attribute: SpanAttribute, _ json: inout JSONText) {
        switch attribute {
        case .string(let text): string(text, &json)
        case .int64(let number): integer(number, &json)
        case .int32(let number): integer(Int64(number), &json)
        case .double(let number): double(number, &json)
        case .bool(let flag): bool(flag, &json)
        case .stringArray(let values): list(values, string, &json)
        case .int64Array(let values): list(values, integer, &json)
        case .int32Array(let values): list(values.map(Int64.init), integer, &json)
        case .doubleArray(let values): list(values, double, &json)
        case .boolArray(let values): list(values, bool, &json)
        case .stringConvertible(let value): string(value.description, &json)
        case .stringConvertibleArray(let values): list(values.map(\.description), string, &json)
        // A case that is there to be never made.
        default: string("", &json)
        }
    }

    private static func string(_ text: String, _ json: inout JSONText) {
        json.raw(#"{"stringValue":"#)
        json.string(text)
        json.raw("}")
    }

    private static func integer(_ number: Int64, _ json: inout JSONText) {
        json.raw(#"{"intValue":"#)
        json.quoted(number)
        json.raw("}")
    }

    private static func double(_ number: Double, _ json: inout JSONText) {
        json.raw(#"{"doubleValue":"#)
        json.double(number)
        json.raw("}")
    }

    private static func bool(_ flag: Bool, _ json: inout JSONText) {
        json.raw(flag ? #"{"boolValue":true}"# : #"{"boolValue":false}"#)
    }

    private static func list<Value>(
        _ values: [Value], _ write: (Value, inout JSONText) -> Void, _ json: inout JSONText
    ) {
        json.raw(#"{"arrayValue":{"values":"#)
        json.array(values) { write($1, &$0) }
        json.raw("}}")
    }

    /// The flags of the trace context, with whether the parent is of another process, which is known.
    private static func flags(of context: TraceContext, isRemote: Bool) -> Int {
        (context.isSampled ? 1 : 0) | 0x100 | (isRemote ? 0x200 : 0)
    }

    private static func number(of kind: SpanKind) -> Int {
        switch kind {
        case .internal: 1
        case .server: 2
        case .client: 3
        case .producer: 4
        case .consumer: 5
        }
    }
}
