extension Duration {
    /// The duration as precise as a person reads it: to a millisecond from a second on, below to a microsecond, and below
    /// that as it is.
    var rounded: Duration {
        let nanoseconds = saturatingNanoseconds
        let unit: Int64 =
            switch nanoseconds.magnitude {
            case ..<1_000: 1
            case ..<1_000_000_000: 1_000
            default: 1_000_000
            }
        return .nanoseconds(nanoseconds.addingSaturating(unit / 2) / unit * unit)
    }
}
