import HTTPTypes

/// What the fields of a head say about the body and the connection.
struct FieldFacts: Sendable {
    var length: Int?
    var isChunked = false
    var isClosing = false
    var contentEncoding: String?
    var keepAliveSeconds: Int?
    /// Of requests only.
    var host: String?
    /// Of requests only: whether the client waits to be asked for the body.
    var expectsContinue = false
}

/// Reads the fields of one head after the other.
///
/// Most fields of a head are those of the one before on the same connection, in the same order: they are compared with it
/// first, so that a usual head makes few new strings, and one that is the same none.
struct FieldParser: Sendable {
    /// Whose fields they are.
    enum Message: Sendable {
        /// `Host` and `Content-Length` are told apart from the other fields, which are then the same in each request.
        case request
        case answer
    }

    private let message: Message
    private let limits: HTTPMessageLimits
    /// The fields of the last head, all of them in their order.
    private var lines: [HTTPField] = []
    /// Those of them that are no part of the framing.
    private var fields = HTTPFields()

    init(of message: Message, limits: HTTPMessageLimits) {
        self.message = message
        self.limits = limits
    }

    /// Reads fields up to the empty line.
    ///
    /// - Parameter start: Where the first line begins.
    mutating func parse(
        _ bytes: RawSpan, from start: Int
    ) throws(HTTPMessageError) -> (fields: HTTPFields, facts: FieldFacts) {
        var facts = FieldFacts()
        var start = start
        var count = 0
        var isSame = true
        while true {
            let line = start..<(try Self.lineEnd(bytes, from: start))
            if line.isEmpty { break }
            guard count < limits.fields else {
                throw .tooLong("the list of header fields", limit: limits.fields)
            }
            let (name, value) = try Self.parts(bytes, line)
            if count < lines.count, Self.matches(lines[count], bytes, name, value) {
                try note(lines[count], in: &facts)
            } else {
                let field = try field(bytes, name, value, index: count)
                try note(field, in: &facts)
                if count < lines.count, isFraming(field.name), lines[count].name == field.name {
                    lines[count] = field
                } else {
                    isSame = false
                    lines.removeSubrange(count...)
                    lines.append(field)
                }
            }
            count += 1
            start = line.upperBound + 2
        }
        if count < lines.count {
            isSame = false
            lines.removeSubrange(count...)
        }
        // Whoever reads one of them ends the message elsewhere than whoever reads the other.
        guard !facts.isChunked || facts.length == nil else {
            throw .malformed("there is both a content length and a transfer coding")
        }
        if !isSame { fields = HTTPFields(lines.filter { !isFraming($0.name) }) }
        return (fields, facts)
    }

    private func isFraming(_ name: HTTPField.Name) -> Bool {
        message == .request && (name == .contentLength || name.canonicalName == "host")
    }

    // MARK: Lines

    /// Where the line that begins at an offset ends; only CRLF ends one, since others read a bare LF differently.
    static func lineEnd(_ bytes: RawSpan, from start: Int) throws(HTTPMessageError) -> Int {
        var offset = start
        while offset < bytes.byteCount {
            if bytes.byte(at: offset) == .carriageReturn {
                guard offset + 1 < bytes.byteCount, bytes.byte(at: offset + 1) == .lineFeed else {
                    throw .malformed("a header line has a bare CR")
                }
                return offset
            }
            offset += 1
        }
        throw .malformed("a header line has no end")
    }

    /// Where the name and the value of a field stand.
    private static func parts(
        _ bytes: RawSpan, _ line: Range<Int>
    ) throws(HTTPMessageError) -> (name: Range<Int>, value: Range<Int>) {
        var colon = line.lowerBound
        while colon < line.upperBound, bytes.byte(at: colon) != .colon { colon += 1 }
        guard colon < line.upperBound else { throw .malformed("a header line has no colon") }
        var value = (colon + 1)..<line.upperBound
        while let first = value.first, bytes.byte(at: first).isBlank { value = (first + 1)..<value.upperBound }
        while let last = value.last, bytes.byte(at: last).isBlank { value = value.lowerBound..<last }
        return (line.lowerBound..<colon, value)
    }

    private static func matches(_ known: HTTPField, _ bytes: RawSpan, _ name: Range<Int>, _ value: Range<Int>) -> Bool {
        bytes.equals(known.name.rawName, in: name) && known.withUnsafeBytesOfValue { bytes.equals($0, in: value) }
    }

    private func field(
        _ bytes: RawSpan, _ name: Range<Int>, _ value: Range<Int>, index: Int
    ) throws(HTTPMessageError) -> HTTPField {
        for offset in value where !bytes.byte(at: offset).isFieldText {
            throw .malformed("a header field's value has a control character")
        }
        if index < lines.count, bytes.equals(lines[index].name.rawName, in: name) {
            return HTTPField(name: lines[index].name, value: bytes, value)
        }
        guard let name = HTTPField.Name(bytes.string(name)) else {
            throw .malformed("a header field's name is not a token")
        }
        return HTTPField(name: name, value: bytes, value)
    }

    // MARK: Meaning

    private func note(_ field: HTTPField, in facts: inout FieldFacts) throws(HTTPMessageError) {
        let name = field.name.canonicalName
        switch name.utf8.count {
        case 4 where message == .request && name == "host":
            // One party would believe the one and another the other.
            guard facts.host == nil else { throw .malformed("the field Host is there twice") }
            facts.host = field.value
        case 6 where name == "expect":
            facts.expectsContinue = field.value.lowercased() == "100-continue"
        // Usual, and what HTTP/1.1 means anyway.
        case 10 where name == "connection" && field.value != "keep-alive":
            for option in field.value.listElements where option.equalsIgnoringCase("close") { facts.isClosing = true }
        case 10 where name == "keep-alive":
            for option in field.value.listElements where option.lowercased().hasPrefix("timeout=") {
                facts.keepAliveSeconds = Int(option.dropFirst(8)).map { max(0, $0) }
            }
        case 14 where name == "content-length":
            try noteLength(field.value, in: &facts)
        case 16 where name == "content-encoding":
            for element in field.value.listElements where !element.equalsIgnoringCase("identity") {
                facts.contentEncoding = facts.contentEncoding.map { "\($0), \(element)" } ?? String(element)
            }
        case 17 where name == "transfer-encoding":
            let codings = field.value.listElements
            guard !facts.isChunked, codings.count == 1, codings[0].equalsIgnoringCase("chunked") else {
                throw .malformed("the transfer coding is not chunked alone")
            }
            facts.isChunked = true
        default: break
        }
    }

    private func noteLength(_ text: String, in facts: inout FieldFacts) throws(HTTPMessageError) {
        if facts.length == nil, let length = Self.decimal(text[...]) {
            facts.length = length
            return
        }
        guard message == .answer else { throw .malformed("the content length is not one number") }
        // Some servers repeat it, which is harmless as long as it is the same.
        for element in text.listElements {
            guard let length = Self.decimal(element) else { throw .malformed("the content length is not a number") }
            guard facts.length == nil || facts.length == length else {
                throw .malformed("there are several content lengths")
            }
            facts.length = length
        }
        guard facts.length != nil else { throw .malformed("the content length is not a number") }
    }

    private static func decimal(_ text: Substring) -> Int? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy(\.isDigit) else { return nil }
        return Int(text)
    }
}

extension HTTPField {
    fileprivate init(name: Name, value bytes: RawSpan, _ range: Range<Int>) {
        self = bytes.extracting(range).withUnsafeBytes { value in
            // Bytes that are not UTF-8 are kept as they are.
            if let text = String(validating: value, as: UTF8.self) { return HTTPField(name: name, value: text) }
            return HTTPField(name: name, value: value)
        }
    }
}

extension String {
    /// The elements of a comma-separated list, without those that are empty.
    fileprivate var listElements: [Substring] {
        split(separator: ",").compactMap { element in
            var element = element
            while let first = element.utf8.first, first.isBlank { element.removeFirst() }
            while let last = element.utf8.last, last.isBlank { element.removeLast() }
            return element.isEmpty ? nil : element
        }
    }
}

extension Substring {
    /// - Parameter other: In lower case.
    fileprivate func equalsIgnoringCase(_ other: String) -> Bool {
        utf8.count == other.utf8.count && zip(utf8, other.utf8).allSatisfy { $0.lowercased == $1 }
    }
}

extension UInt8 {
    /// Whether it is a space or a tab.
    @inline(__always)
    var isBlank: Bool { self == .space || self == UInt8(ascii: "\t") }

    /// Whether it may stand in a field's value: no control character but the tab.
    @inline(__always)
    var isFieldText: Bool { self >= .space && self != 0x7F || self == UInt8(ascii: "\t") }

    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
