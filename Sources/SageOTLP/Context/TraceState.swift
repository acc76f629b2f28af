/// What other systems have added to a trace, passed on as it came (W3C Trace Context, `tracestate`).
public struct TraceState: Sendable, Hashable {
    /// The longest text that is passed on, in bytes: what the standard asks for.
    public static let maxLength = 512
    /// The most entries, as the standard limits them.
    public static let maxEntries = 32

    /// The entries as they came, parted by commas.
    public let text: String

    /// Reads a header; nil when it is empty, too long, or not of the form that the standard gives it.
    ///
    /// - Parameter text: The value of the header, several of them joined by commas.
    public init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.maxLength else { return nil }
        var keys: Set<Substring> = []
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            let entry = entry.drop { $0 == " " || $0 == "\t" }
            // Empty entries are allowed and mean nothing.
            guard !entry.allSatisfy({ $0 == " " || $0 == "\t" }) else { continue }
            guard let equals = entry.firstIndex(of: "="), Self.isKey(entry[..<equals]),
                Self.isValue(entry[entry.index(after: equals)...]), keys.insert(entry[..<equals]).inserted,
                keys.count <= Self.maxEntries
            else { return nil }
        }
        guard !keys.isEmpty else { return nil }
        self.text = text
    }

    private static func isKey(_ text: Substring) -> Bool {
        guard (1...256).contains(text.utf8.count), let first = text.utf8.first, isLower(first) || isDigit(first) else {
            return false
        }
        return text.utf8.allSatisfy { isLower($0) || isDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isValue(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 256
            && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
