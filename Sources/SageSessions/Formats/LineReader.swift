/// Cuts a stream of bytes into lines, so that a file of lines is read with the memory of its longest line.
public struct LineReader: Sendable {
    /// A line of a file.
    public struct Line: Sendable, Hashable {
        /// Its number, from 1.
        public var number: Int
        /// Its bytes without the line feed.
        public var bytes: [UInt8]
        /// Whether a line feed ended it; the last line of a file that was cut off has none.
        public var isEnded: Bool
    }

    private var pending: [UInt8] = []
    private var position = 0
    private var number = 0
    private let maximumLineBytes: Int
    private var skipped = 0

    /// Creates a reader.
    ///
    /// - Parameter maximumLineBytes: The longest line in bytes. Defaults to 64 MiB.
    public init(maximumLineBytes: Int = 64 << 20) {
        self.maximumLineBytes = max(maximumLineBytes, 0)
    }

    /// Adds bytes.
    public mutating func append(_ bytes: [UInt8]) {
        if position > 0 {
            pending.removeFirst(position)
            skipped = max(skipped - position, 0)
            position = 0
        }
        pending += bytes
    }

    /// The next line that has ended; nil if more bytes are needed.
    ///
    /// - Throws: ``LineTooLongError``, also before the end of the line is there.
    public mutating func next() throws(LineTooLongError) -> Line? {
        // What was looked at before is not looked at again.
        guard let end = pending[max(position, skipped)...].firstIndex(of: 0x0A) else {
            skipped = pending.count
            guard pending.count - position <= maximumLineBytes else {
                throw LineTooLongError(number: number + 1, limit: maximumLineBytes)
            }
            return nil
        }
        guard end - position <= maximumLineBytes else {
            throw LineTooLongError(number: number + 1, limit: maximumLineBytes)
        }
        number += 1
        let line = Line(number: number, bytes: Array(pending[position..<end]), isEnded: true)
        position = end + 1
        return line
    }

    /// What is left at the end of the file, a line without its line feed; nil if nothing is.
    public mutating func rest() -> Line? {
        guard position < pending.count else { return nil }
        number += 1
        let line = Line(number: number, bytes: Array(pending[position...]), isEnded: false)
        pending = []
        (position, skipped) = (0, 0)
        return line
    }
}

extension LineReader {
    /// Calls `body` with every line of a file.
    static func forEachLine(
        of bytes: [UInt8], format: ConversationFormat, limits: ImportLimits,
        _ body: (Line) throws(FormatError) -> Void
    ) throws(FormatError) {
        var lines = LineReader(maximumLineBytes: limits.maximumLineBytes)
        lines.append(bytes)
        while let line = try lines.next(format) { try body(line) }
        if let line = lines.rest() { try body(line) }
    }

    private mutating func next(_ format: ConversationFormat) throws(FormatError) -> Line? {
        do throws(LineTooLongError) {
            return try next()
        } catch {
            throw FormatError(
                format, line: error.number, field: "", found: "a longer line",
                allowed: "at most \(error.limit) bytes a line")
        }
    }
}

/// A line that is longer than allowed.
public struct LineTooLongError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line from 1.
    public var number: Int
    /// The longest line in bytes.
    public var limit: Int

    /// The text for people.
    public var description: String { "line \(number) is longer than \(limit) bytes" }
}
