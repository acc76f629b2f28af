import Synchronization

/// The present as a line of the log begins with it: `2026-11-21T08:30:00.125Z`, its whole seconds made once a second.
enum LogTime {
    private static let latest = Mutex((second: Int.min, text: ""))

    /// Appends the present to a line.
    static func writeNow(to line: inout [UInt8]) {
        let (second, millisecond) = CivilTime.present
        let prefix = latest.withLock { latest in
            if latest.second != second { latest = (second, text(CivilTime(secondsSince1970: second))) }
            return latest.text
        }
        line += prefix.utf8
        line.append(UInt8(ascii: "."))
        line.append(decimal: millisecond, width: 3)
        line.append(UInt8(ascii: "Z"))
    }

    /// A moment up to its seconds.
    static func text(_ time: CivilTime) -> String {
        "\(CivilTime.padded(time.year, to: 4))-\(CivilTime.padded(time.month))-\(CivilTime.padded(time.day))"
            + "T\(CivilTime.padded(time.hour)):\(CivilTime.padded(time.minute)):\(CivilTime.padded(time.second))"
    }
}
