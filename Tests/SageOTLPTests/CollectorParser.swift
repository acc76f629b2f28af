import Foundation

/// Reads an `ExportTraceServiceRequest` as strictly as protocol buffers' own parser of JSON does: no unknown field, no
/// other type, no number that is out of range.
enum CollectorParser {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    /// What checks the value of a field.
    private typealias Check = @Sendable (Any, String) throws -> Void

    static func spans(in body: [UInt8]) throws -> [[String: Any]] {
        let document = try JSONSerialization.jsonObject(with: Data(body))
        try message(["resourceSpans": list(resourceSpans)])(document, "request")
        var spans: [[String: Any]] = []
        for resource in (document as? [String: Any])?["resourceSpans"] as? [[String: Any]] ?? [] {
            for scope in resource["scopeSpans"] as? [[String: Any]] ?? [] {
                spans += scope["spans"] as? [[String: Any]] ?? []
            }
        }
        return spans
    }

    static func resource(in body: [UInt8]) throws -> [String: String] {
        let document = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let first = (document?["resourceSpans"] as? [[String: Any]])?.first
        let attributes = (first?["resource"] as? [String: Any])?["attributes"]
        return Self.attributes(attributes).compactMapValues { $0 as? String }
    }

    /// Attributes as a dictionary of plain values.
    static func attributes(_ list: Any?) -> [String: Any] {
        var values: [String: Any] = [:]
        for pair in list as? [[String: Any]] ?? [] {
            guard let key = pair["key"] as? String, let value = pair["value"] as? [String: Any] else { continue }
            values[key] = plain(value)
        }
        return values
    }

    private static func plain(_ value: [String: Any]) -> Any? {
        if let text = value["intValue"] as? String { return Int(text) }
        if let list = (value["arrayValue"] as? [String: Any])?["values"] as? [[String: Any]] {
            return list.compactMap(plain)
        }
        return value.values.first
    }

    // MARK: The messages of OTLP

    private static let resourceSpans = message([
        "resource": message(["attributes": list(keyValue), "droppedAttributesCount": number(0...4_294_967_295)]),
        "scopeSpans": list(
            message(["scope": message(["name": text, "version": text]), "spans": list(span), "schemaUrl": text])),
        "schemaUrl": text,
    ])

    private static let span = message(
        [
            "traceId": hex(32), "spanId": hex(16), "parentSpanId": hex(16), "traceState": text,
            "flags": number(0...4_294_967_295), "name": text, "kind": number(1...5), "startTimeUnixNano": quoted,
            "endTimeUnixNano": quoted, "attributes": list(keyValue), "events": list(event), "links": list(link),
            "droppedAttributesCount": number(1...4_294_967_295), "droppedEventsCount": number(1...4_294_967_295),
            "droppedLinksCount": number(1...4_294_967_295),
            "status": message(["code": number(1...2), "message": text]),
        ],
        required: ["traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano", "status"])

    private static let event = message([
        "timeUnixNano": quoted, "name": text, "attributes": list(keyValue),
        "droppedAttributesCount": number(1...4_294_967_295),
    ])

    private static let link = message([
        "traceId": hex(32), "spanId": hex(16), "traceState": text, "attributes": list(keyValue),
        "flags": number(0...4_294_967_295),
    ])

    private static let keyValue = message(["key": text, "value": anyValue], required: ["key", "value"])

    private static let anyValue: Check = { value, path in
        guard let members = value as? [String: Any], members.count == 1 else {
            throw Mistake(description: "\(path) is not one value")
        }
        try message([
            "stringValue": text, "intValue": quotedSigned, "boolValue": bool, "doubleValue": double,
            "arrayValue": message(["values": list { try anyValue($0, $1) }]),
        ])(value, path)
    }

    // MARK: The rules of protocol buffers

    private static func message(_ fields: [String: Check], required: Set<String> = []) -> Check {
        { value, path in
            guard let members = value as? [String: Any] else { throw Mistake(description: "\(path) is no object") }
            for (key, value) in members {
                guard let check = fields[key] else { throw Mistake(description: "\(path).\(key) is unknown") }
                try check(value, "\(path).\(key)")
            }
            for key in required where members[key] == nil { throw Mistake(description: "\(path).\(key) is missing") }
        }
    }

    private static func list(_ element: @escaping Check) -> Check {
        { value, path in
            guard let elements = value as? [Any] else { throw Mistake(description: "\(path) is no list") }
            for (index, value) in elements.enumerated() { try element(value, "\(path)[\(index)]") }
        }
    }

    private static let text: Check = { value, path in
        guard value is String else { throw Mistake(description: "\(path) is no text") }
    }

    private static func hex(_ length: Int) -> Check {
        { value, path in
            guard let text = value as? String, text.utf8.count == length, text.contains(where: { $0 != "0" }),
                text.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) })
            else { throw Mistake(description: "\(path) is no id: \(value)") }
        }
    }

    private static func number(_ range: ClosedRange<Int>) -> Check {
        { value, path in
            guard let number = value as? NSNumber, !(isBool(number)), range.contains(number.intValue) else {
                throw Mistake(description: "\(path) is no number of \(range): \(value)")
            }
        }
    }

    private static let quoted: Check = { value, path in
        guard let text = value as? String, UInt64(text) != nil else {
            throw Mistake(description: "\(path) is no quoted number: \(value)")
        }
    }

    private static let quotedSigned: Check = { value, path in
        guard let text = value as? String, Int64(text) != nil else {
            throw Mistake(description: "\(path) is no quoted number: \(value)")
        }
    }

    private static let bool: Check = { value, path in
        guard let number = value as? NSNumber, isBool(number) else {
            throw Mistake(description: "\(path) is neither true nor false")
        }
    }

    private static let double: Check = { value, path in
        guard value is NSNumber || ["NaN", "Infinity", "-Infinity"].contains(value as? String) else {
            throw Mistake(description: "\(path) is no number")
        }
    }

    private static func isBool(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
}
