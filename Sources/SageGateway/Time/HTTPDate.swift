import Synchronization

/// The present as the `date` field of an answer has it, made once a second (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let latest = Mutex((second: Int.min, text: ""))

    static var now: String {
        let second = CivilTime.present.seconds
        return latest.withLock { latest in
            if latest.second != second { latest = (second, text(CivilTime(secondsSince1970: second))) }
            return latest.text
        }
    }

    static func text(_ time: CivilTime) -> String {
        "\(weekdays[time.weekday]), \(CivilTime.padded(time.day)) \(months[time.month - 1]) "
            + "\(CivilTime.padded(time.year, to: 4)) \(CivilTime.padded(time.hour)):\(CivilTime.padded(time.minute)):"
            + "\(CivilTime.padded(time.second)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
