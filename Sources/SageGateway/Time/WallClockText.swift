/// A moment of the wall clock as the agent API tells it: `2026-11-21T08:30:00.125Z`.
enum WallClockText {
    /// - Parameter milliseconds: Since 1970.
    static func iso8601(milliseconds: Int64) -> String {
        let seconds = (milliseconds - (milliseconds < 0 ? 999 : 0)) / 1_000
        // Four digits of years: what lies beyond was written by a clock that is not to be believed.
        let bounded = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let fraction = bounded == seconds ? Int(milliseconds - seconds * 1_000) : 0
        return "\(LogTime.text(CivilTime(secondsSince1970: Int(bounded)))).\(CivilTime.padded(fraction, to: 3))Z"
    }
}
