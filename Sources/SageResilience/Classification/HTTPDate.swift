/// The date forms of HTTP: IMF-fixdate, the obsolete RFC 850 form and C's `asctime` (RFC 9110, section 5.6.7).
///
/// The parser is as strict as the grammar, and the weekday has to be the date's: a date that contradicts itself says
/// nothing about when to try again.
package enum HTTPDate {
    /// The moment that a date names.
    ///
    /// - Parameters:
    ///   - text: The date without white space around it.
    ///   - now: The present in seconds since 1970, which gives the two-digit year of RFC 850 its century.
    /// - Returns: Seconds since 1970, or nil if the text is no date.
    package static func parse(_ text: Substring, now: Int64) -> Int64? {
        var scanner = Scanner(bytes: Array(text.utf8))
        guard let weekdayName = scanner.letters() else { return nil }
        let fields: Fields?
        let weekday: Int?
        if scanner.skip(",") {
            let isShort = weekdayName.utf8.count == 3
            weekday = (isShort ? shortWeekdays : longWeekdays).firstIndex(of: weekdayName)
            fields = isShort ? scanner.fixdate() : scanner.rfc850(now: now)
        } else {
            weekday = shortWeekdays.firstIndex(of: weekdayName)
            fields = scanner.asctime()
        }
        guard let weekday, let fields, scanner.isAtEnd, let date = fields.secondsSince1970 else { return nil }
        return fields.weekday == weekday ? date : nil
    }

    private static let shortWeekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let longWeekdays = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
    fileprivate static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

/// What a date consists of, not yet known to exist in the calendar.
private struct Fields {
    var year = 0
    var month = 0
    var day = 0
    var hour = 0
    var minute = 0
    var second = 0

    /// 0 is Sunday.
    var weekday: Int {
        let remainder = (Calendar.days(year: year, month: month, day: day) + 4) % 7
        return remainder < 0 ? remainder + 7 : remainder
    }

    var secondsSince1970: Int64? {
        // A leap second is written as 60 and counts as the first second of the next minute.
        guard (1...12).contains(month), (1...Calendar.length(ofMonth: month, year: year)).contains(day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        let days = Int64(Calendar.days(year: year, month: month, day: day))
        return days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }
}

/// The proleptic Gregorian calendar, as far as a date of four-digit year needs it.
private enum Calendar {
    static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last of its year.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The year of a moment; moments that no four-digit year holds are clamped.
    static func year(of seconds: Int64) -> Int {
        let days = Int(min(max(seconds, 0), 253_402_300_799) / 86_400)
        var year = 1970 + days / 366
        while Calendar.days(year: year + 1, month: 1, day: 1) <= days { year += 1 }
        return year
    }
}

private struct Scanner {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func skip(_ text: StaticString) -> Bool {
        let expected = text.description.utf8
        guard bytes[position...].starts(with: expected) else { return false }
        position += expected.count
        return true
    }

    mutating func letters() -> String? {
        let start = position
        while position < bytes.count, FoldedText.isLetter(bytes[position]) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func number(digits: Int) -> Int? {
        guard bytes.count - position >= digits else { return nil }
        var value = 0
        for byte in bytes[position..<position + digits] {
            guard FoldedText.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        position += digits
        return value
    }

    mutating func month() -> Int? {
        letters().flatMap { HTTPDate.months.firstIndex(of: $0) }.map { $0 + 1 }
    }

    mutating func time(into fields: inout Fields) -> Bool {
        guard let hour = number(digits: 2), skip(":"), let minute = number(digits: 2), skip(":"),
            let second = number(digits: 2)
        else { return false }
        (fields.hour, fields.minute, fields.second) = (hour, minute, second)
        return true
    }

    /// `06 Nov 1994 08:49:37 GMT`, after the weekday and its comma.
    mutating func fixdate() -> Fields? {
        var fields = Fields()
        guard skip(" "), let day = number(digits: 2), skip(" "), let month = month(), skip(" "),
            let year = number(digits: 4), skip(" "), time(into: &fields), skip(" GMT")
        else { return nil }
        (fields.year, fields.month, fields.day) = (year, month, day)
        return fields
    }

    /// `06-Nov-94 08:49:37 GMT`, after the weekday and its comma.
    mutating func rfc850(now: Int64) -> Fields? {
        var fields = Fields()
        guard skip(" "), let day = number(digits: 2), skip("-"), let month = month(), skip("-"),
            let shortYear = number(digits: 2), skip(" "), time(into: &fields), skip(" GMT")
        else { return nil }
        let present = Calendar.year(of: now)
        var year = present / 100 * 100 + shortYear
        // More than 50 years ahead means the last century (RFC 9110).
        if year > present + 50 { year -= 100 }
        (fields.year, fields.month, fields.day) = (year, month, day)
        return fields
    }

    /// `Nov  6 08:49:37 1994`, after the weekday; the day is padded with a space.
    mutating func asctime() -> Fields? {
        var fields = Fields()
        guard skip(" "), let month = month(), skip(" "),
            let day = skip(" ") ? number(digits: 1) : number(digits: 2),
            skip(" "), time(into: &fields), skip(" "), let year = number(digits: 4)
        else { return nil }
        (fields.year, fields.month, fields.day) = (year, month, day)
        return fields
    }
}
