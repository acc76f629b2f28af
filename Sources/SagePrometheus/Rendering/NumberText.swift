/// Numbers as Prometheus reads them back, to the last bit.
enum NumberText {
    /// Whole numbers up to here have every one of their digits.
    private static let exact = 9_007_199_254_740_992.0

    /// A sample's value.
    static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == 0, value.sign == .minus { return "-0" }
        if value.magnitude <= exact, let whole = Int64(exactly: value) { return "\(whole)" }
        // The shortest text that is read as the same number.
        return "\(value)"
    }

    /// A bucket's bound, which OpenMetrics wants to have a fraction; so written in both formats, the series of a bucket
    /// is the same whichever of them a server asks for.
    static func bound(_ value: Double) -> String { "\(value)" }
}
