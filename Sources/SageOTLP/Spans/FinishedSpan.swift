import Tracing

/// Everything that a span has told, as it is exported; a pure value.
struct FinishedSpan: Sendable {
    let context: TraceContext
    let parent: TraceContext?
    let kind: SpanKind
    let start: UInt64
    var name: String
    var end: UInt64
    var attributes = SpanAttributes()
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var status: SpanStatus?
    var droppedAttributes = 0
    var droppedEvents = 0
    var droppedLinks = 0

    init(_ name: String, _ kind: SpanKind, context: TraceContext, parent: TraceContext?, start: UInt64) {
        self.name = name
        self.kind = kind
        self.context = context
        self.parent = parent
        self.start = start
        self.end = start
    }

    mutating func set(_ key: String, _ value: SpanAttribute?, _ limits: SpanLimits) {
        guard let value else { return attributes.set(key, value: nil) }
        guard attributes.count < limits.maxAttributes || attributes.get(key) != nil else {
            droppedAttributes += 1
            return
        }
        attributes.set(limits.cut(key), value: limits.cut(value))
    }

    /// Takes the place of all attributes; of too many those whose names come first are kept.
    mutating func replaceAttributes(_ new: SpanAttributes, _ limits: SpanLimits) {
        let (kept, dropped) = limits.bounded(new, to: limits.maxAttributes)
        attributes = kept
        droppedAttributes += dropped
    }

    mutating func add(_ event: SpanEvent, _ limits: SpanLimits) {
        guard events.count < limits.maxEvents else {
            droppedEvents += 1
            return
        }
        let attributes = limits.bounded(event.attributes, to: limits.maxInnerAttributes).kept
        events.append(
            SpanEvent(
                name: limits.cut(event.name),
                at: DefaultTracerClock.Timestamp(nanosecondsSinceEpoch: event.nanosecondsSinceEpoch),
                attributes: attributes))
    }

    mutating func add(_ link: SpanLink, _ limits: SpanLimits) {
        guard links.count < limits.maxLinks else {
            droppedLinks += 1
            return
        }
        links.append(
            SpanLink(
                context: link.context, attributes: limits.bounded(link.attributes, to: limits.maxInnerAttributes).kept))
    }

    mutating func finish(at instant: UInt64) {
        // The system's clock may have been set back meanwhile.
        end = max(start, instant)
    }
}

extension SpanAttributes {
    /// The attributes as an array, in any order.
    var pairs: [(key: String, value: SpanAttribute)] {
        var pairs: [(key: String, value: SpanAttribute)] = []
        pairs.reserveCapacity(count)
        let collect = { pairs.append(($0, $1)) }
        forEach(collect)
        return pairs
    }
}

extension SpanLimits {
    func bounded(_ attributes: SpanAttributes, to limit: Int) -> (kept: SpanAttributes, dropped: Int) {
        var pairs = attributes.pairs
        if pairs.count > limit { pairs.sort { $0.key < $1.key } }
        var kept = SpanAttributes()
        kept.reserveCapacity(min(limit, pairs.count))
        for (key, value) in pairs.prefix(limit) { kept.set(cut(key), value: cut(value)) }
        return (kept, max(0, pairs.count - limit))
    }

    /// The text cut to the limit, never inside of a character's encoding.
    func cut(_ text: String) -> String {
        guard text.utf8.count > maxLength else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: maxLength)
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            text.utf8.formIndex(before: &end)
        }
        return String(text[..<end])
    }

    /// The value with its texts and lists cut; what is made by `description` is made now.
    func cut(_ value: SpanAttribute) -> SpanAttribute {
        switch value {
        case .string(let text): .string(cut(text))
        case .stringArray(let texts): .stringArray(texts.prefix(maxLength).map(cut))
        case .stringConvertible(let value): .string(cut(value.description))
        case .stringConvertibleArray(let values): .stringArray(values.prefix(maxLength).map { cut($0.description) })
        case .int32Array(let values): .int32Array(Array(values.prefix(maxLength)))
        case .int64Array(let values): .int64Array(Array(values.prefix(maxLength)))
        case .doubleArray(let values): .doubleArray(Array(values.prefix(maxLength)))
        case .boolArray(let values): .boolArray(Array(values.prefix(maxLength)))
        default: value
        }
    }
}
