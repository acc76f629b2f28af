/// Reads a complete export line by line.
///
/// A line that is broken, an entry whose checksum is wrong and one that was there already are left out and reported; a
/// file that is no such export is refused at its first line.
public struct SageLogReader: Sendable {
    /// The id of the conversation that the file says; nil before the first line, and if it says none.
    public private(set) var sessionID: String?
    /// What was read and what was left out.
    public private(set) var report = ImportReport(.sage)

    private let limits: ImportLimits
    private var hasHeader = false
    private var footer: Int64?
    private var lastSeq: Int64 = 0
    private var seen = 0

    /// Creates a reader.
    ///
    /// - Parameter limits: What the file may bring at most.
    public init(limits: ImportLimits = ImportLimits()) { self.limits = limits }

    /// Reads a line.
    ///
    /// - Parameter line: The line; ``LineReader`` cuts a stream into lines.
    /// - Returns: The entry; nil for the first and the last line, and for one that was left out.
    /// - Throws: ``FormatError`` if it is no such file, or brings more than the limits allow.
    public mutating func read(_ line: LineReader.Line) throws(FormatError) -> LogEntry? {
        if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }) { return nil }
        let place = "line \(line.number)"
        let node: JSONNode
        do throws(JSONTextError) {
            node = try JSONNode(
                parsing: line.bytes, limits: JSONLimits(maximumBytes: limits.maximumLineBytes, maximumDepth: 512))
        } catch {
            guard hasHeader else { throw FormatError(.sage, error, line: line.number) }
            report.add(line.isEnded ? .brokenLine : .tornLine, at: place)
            if line.isEnded { seen += 1 }
            return nil
        }
        guard hasHeader else {
            try readHeader(node, line.number)
            return nil
        }
        if let count = node["entries"]?.integerValue {
            footer = count
            return nil
        }
        seen += 1
        guard seen <= limits.maximumMessages else {
            throw FormatError(
                .sage, line: line.number, field: "entries", found: "more than \(limits.maximumMessages) entries",
                allowed: "at most \(limits.maximumMessages)")
        }
        guard let entry = entry(node), entry.hasPossibleFields else {
            report.add(.brokenLine, at: place)
            return nil
        }
        guard entry.isIntact else {
            report.add(.wrongChecksum, at: place)
            return nil
        }
        guard entry.seq > lastSeq else {
            report.add(.duplicateEntry, at: place)
            return nil
        }
        if entry.seq > lastSeq + 1 { report.add(.missingEntries, at: place) }
        lastSeq = entry.seq
        report.count += 1
        return entry
    }

    /// Ends the file.
    ///
    /// - Throws: ``FormatError`` if there was no first line.
    public mutating func finish() throws(FormatError) {
        guard hasHeader else {
            throw FormatError(.sage, line: 1, field: "", found: "empty", allowed: "a line with format \(SageLog.name)")
        }
        if footer != Int64(seen) { report.add(.missingEntries, at: "the end of the file") }
    }

    private mutating func readHeader(_ node: JSONNode, _ line: Int) throws(FormatError) {
        guard let format = node["format"]?.stringValue, format == SageLog.name else {
            throw FormatError(
                .sage, line: line, field: "format", found: node["format"]?.description ?? "missing",
                allowed: "\"\(SageLog.name)\"")
        }
        guard let version = node["version"]?.integerValue, (1...SageLog.version).contains(version) else {
            throw FormatError(
                .sage, line: line, field: "version", found: node["version"]?.description ?? "missing",
                allowed: "1 to \(SageLog.version); a later version of this program may read it")
        }
        sessionID = node["session_id"]?.stringValue
        hasHeader = true
    }

    private func entry(_ node: JSONNode) -> LogEntry? {
        guard let seq = node["seq"]?.integerValue, let id = node["id"]?.stringValue,
            let kind = node["kind"]?.stringValue, let epoch = node["epoch"]?.integerValue,
            let createdAt = node["createdAt"]?.integerValue,
            let checksum = node["checksum"]?.integerValue.flatMap(UInt32.init(exactly:))
        else { return nil }
        let payload = node["payload"]?.jsonBytes ?? node["payloadHex"]?.stringValue.flatMap(Hexadecimal.decode)
        guard let payload else { return nil }
        return LogEntry(
            seq: seq, id: id, kind: kind, payload: payload, epoch: epoch, createdAt: createdAt, checksum: checksum)
    }
}

/// Bytes as hexadecimal digits.
enum Hexadecimal {
    static func encode(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }, as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
