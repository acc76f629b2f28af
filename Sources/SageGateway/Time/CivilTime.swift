#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A moment as date and time of day in UTC, by arithmetic alone: formatters cost more than a whole request may.
struct CivilTime: Sendable, Hashable {
    let year: Int
    let month: Int
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// From Sunday, which is 0.
    let weekday: Int

    /// - Parameter seconds: Since 1970.
    init(secondsSince1970 seconds: Int) {
        let days = Self.divide(seconds, by: 86_400)
        let secondOfDay = seconds - days * 86_400
        (hour, minute, second) = (secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60)
        // The first of January 1970 was a Thursday.
        weekday = days + 4 - Self.divide(days + 4, by: 7) * 7
        // Years are counted from March, so that the leap day is the last of its year, in eras of 400 years.
        let shifted = days + 719_468
        let era = Self.divide(shifted, by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The present, in seconds and milliseconds since 1970.
    static var present: (seconds: Int, milliseconds: Int) {
        let milliseconds = Int(Date.now.timeIntervalSince1970 * 1_000)
        let seconds = divide(milliseconds, by: 1_000)
        return (seconds, milliseconds - seconds * 1_000)
    }

    /// A number with leading zeros.
    static func padded(_ number: Int, to width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }

    /// Rounded down for moments before 1970 too.
    private static func divide(_ number: Int, by divisor: Int) -> Int {
        (number >= 0 ? number : number - divisor + 1) / divisor
    }
}
