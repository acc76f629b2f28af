import SageResilience

extension Moment {
    /// The moment this many seconds after the origin.
    static func seconds(_ seconds: Double) -> Moment {
        Moment(nanoseconds: Int64((seconds * 1e9).rounded()))
    }
}

extension Int64 {
    /// This many seconds in nanoseconds.
    static func seconds(_ seconds: Double) -> Int64 { Moment.seconds(seconds).nanoseconds }
}
