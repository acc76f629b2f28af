import SageResilience

/// Moments as RFC 3339 writes them: `2026-11-21T11:07:04Z`, with fractions of a second and with an offset.
enum InternetTimestamp {
    /// The moment in nanoseconds since 1970; nil if the text is none, or names a day or time that does not exist.
    static func parse(_ text: Substring) -> Int64? {
        var scanner = DigitScanner(bytes: Array(text.utf8))
        guard let year = scanner.number(4), scanner.skip("-"), let month = scanner.number(2), scanner.skip("-"),
            let day = scanner.number(2), scanner.skip("T") || scanner.skip("t") || scanner.skip(" "),
            let hour = scanner.number(2), scanner.skip(":"), let minute = scanner.number(2), scanner.skip(":"),
            // A leap second is written as 60 and counts as the first second of the next minute.
            let second = scanner.number(2), hour < 24, minute < 60, second <= 60,
            (1...12).contains(month), (1...length(ofMonth: month, year: year)).contains(day),
            let nanoseconds = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd
        else { return nil }
        let seconds =
            Int64(days(year: year, month: month, day: day)) * 86_400
            + Int64(hour * 3_600 + minute * 60 + second) - Int64(offset)
        return seconds.multipliedSaturating(by: 1_000_000_000).addingSaturating(nanoseconds)
    }

    private static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01; years are counted from March, so that the leap day is the last of its year.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

private struct DigitScanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func number(_ digits: Int) -> Int? {
        guard bytes.count - position >= digits else { return nil }
        var value = 0
        for byte in bytes[position..<position + digits] {
            guard ErrorText.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        position += digits
        return value
    }

    /// A fraction of a second in nanoseconds, zero where none is written; what is smaller is cut off.
    mutating func fraction() -> Int64? {
        guard skip(".") else { return 0 }
        let start = position
        var value: Int64 = 0
        var scale: Int64 = 100_000_000
        while position < bytes.count, ErrorText.isDigit(bytes[position]) {
            value += Int64(bytes[position] - 0x30) * scale
            scale /= 10
            position += 1
        }
        return position > start ? value : nil
    }

    /// How far the clock is ahead of UTC, in seconds.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let isAhead = skip("+")
        guard isAhead || skip("-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24, minutes < 60
        else { return nil }
        return (hours * 3_600 + minutes * 60) * (isAhead ? 1 : -1)
    }
}
