/// Text of callers' making, for example a policy's name, on its way into logs, labels and spans.
enum BoundedText {
    /// The most Unicode scalars of a name that leave the process.
    static let longest = 128

    /// The text without control characters, cut after ``longest`` scalars.
    ///
    /// A line break in a name would let it forge a line of a log.
    static func bounded(_ text: String) -> String {
        // Most names pass here, without a copy.
        if text.utf8.count <= longest, text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
        let scalars = text.unicodeScalars
        let kept = scalars.prefix(longest).map { isControl($0) ? "?" : $0 }
        let isCut =
            scalars.index(scalars.startIndex, offsetBy: longest, limitedBy: scalars.endIndex)
            .map { $0 < scalars.endIndex } ?? false
        return String(String.UnicodeScalarView(kept)) + (isCut ? "…" : "")
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
