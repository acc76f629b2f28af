/// The time of day as far as it can be believed: what a clock that was set says counts once it has said so for a day.
///
/// What is removed for its age is gone, so a clock that is set far ahead by mistake must not make everything old. One
/// that is set back makes nothing old and is believed at once. A pure value; all times are milliseconds.
struct SteadyTime: Sendable {
    /// How far the time of day may go from the time since the boot between two looks without having been set.
    static let tolerance: Int64 = 60_000
    /// How long a clock that was set has to stay so.
    static let patience: Int64 = 86_400_000

    /// What the time of day was ahead of the time since the boot, as far as it is believed.
    private var believed: Int64
    /// Another such distance, and since when it has been seen.
    private var doubted: (distance: Int64, since: Int64)?

    /// - Parameters:
    ///   - wall: Milliseconds since 1970.
    ///   - uptime: Milliseconds since the boot.
    init(wall: Int64, uptime: Int64) { believed = wall &- uptime }

    /// Takes the clocks' word for the present, and tells the earliest time of day that it may be.
    mutating func now(wall: Int64, uptime: Int64) -> Int64 {
        let distance = wall &- uptime
        if isNear(distance, believed) {
            (believed, doubted) = (distance, nil)
        } else if let known = doubted, isNear(distance, known.distance) {
            // Followed like the other one, while it drifts.
            doubted?.distance = distance
            if uptime - known.since >= Self.patience { (believed, doubted) = (distance, nil) }
        } else {
            doubted = (distance, uptime)
        }
        return uptime &+ min(believed, distance)
    }

    private func isNear(_ first: Int64, _ second: Int64) -> Bool {
        UInt64(bitPattern: first > second ? first &- second : second &- first) <= UInt64(Self.tolerance)
    }
}
