/// The upper bounds of a histogram's buckets.
///
/// A value is counted in the first bucket whose bound is not below it. There is always another bucket for what is above
/// all bounds, which is not written here.
public struct HistogramBuckets: Sendable, Hashable {
    /// The most bounds that a histogram may have; each of them is a series of its own on the server.
    public static let maxCount = 200

    /// The bounds, in rising order.
    public let upperBounds: [Double]

    /// Chooses the bounds one by one.
    ///
    /// - Parameter upperBounds: 1 to 200 finite numbers, each above the one before it.
    /// - Throws: ``PrometheusConfigurationError`` when they are not.
    public init(_ upperBounds: [Double]) throws(PrometheusConfigurationError) {
        guard (1...Self.maxCount).contains(upperBounds.count) else {
            throw PrometheusConfigurationError(
                field: "upperBounds.count", value: upperBounds.count, allowed: "1 to \(Self.maxCount)")
        }
        for (index, bound) in upperBounds.enumerated() {
            guard bound.isFinite, index == 0 || bound > upperBounds[index - 1] else {
                throw PrometheusConfigurationError(
                    field: "upperBounds[\(index)]", value: bound, allowed: "a finite number above the one before it")
            }
        }
        self.upperBounds = upperBounds
    }

    /// Bounds that are equally far apart.
    ///
    /// - Parameters:
    ///   - start: The lowest bound.
    ///   - step: How far each is above the one before it, more than 0.
    ///   - count: How many there are, 1 to 200.
    /// - Throws: ``PrometheusConfigurationError`` when a parameter is out of range.
    public static func linear(
        from start: Double, step: Double, count: Int
    ) throws(PrometheusConfigurationError) -> HistogramBuckets {
        try check(count)
        return try HistogramBuckets((0..<count).map { start + Double($0) * step })
    }

    /// Bounds of which each is a multiple of the one before it.
    ///
    /// - Parameters:
    ///   - start: The lowest bound, more than 0.
    ///   - factor: How many times the one before it each is, more than 1.
    ///   - count: How many there are, 1 to 200.
    /// - Throws: ``PrometheusConfigurationError`` when a parameter is out of range.
    public static func exponential(
        from start: Double, factor: Double, count: Int
    ) throws(PrometheusConfigurationError) -> HistogramBuckets {
        try check(count)
        var bounds: [Double] = []
        var bound = start
        for _ in 0..<count {
            bounds.append(bound)
            bound *= factor
        }
        return try HistogramBuckets(bounds)
    }

    /// Latencies of ordinary services in seconds, 1 ms to 10 s: the bounds that other Prometheus clients have by
    /// default, with two finer ones below them.
    public static let latencies = HistogramBuckets(
        valid: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])

    /// Latencies of language models and of other slow work in seconds, 5 ms to 10 min.
    public static let longLatencies = HistogramBuckets(
        valid: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600])

    /// What a layer of the program itself adds to a call, in seconds, 100 µs to 100 ms.
    public static let overheads = HistogramBuckets(
        valid: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1])

    /// Sizes in bytes, 64 B to 64 MiB, each four times the one before it.
    public static let sizes = HistogramBuckets(valid: (3...13).map { Double(1 << (2 * $0)) })

    /// Numbers of things, such as attempts, items or tokens: 1 to 100,000.
    public static let counts = HistogramBuckets(
        valid: [
            1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000,
        ])

    /// Shares of a whole, 0.05 to 1.
    public static let ratios = HistogramBuckets(
        valid: [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1])

    private init(valid upperBounds: [Double]) {
        self.upperBounds = upperBounds
    }

    private static func check(_ count: Int) throws(PrometheusConfigurationError) {
        guard (1...maxCount).contains(count) else {
            throw PrometheusConfigurationError(field: "count", value: count, allowed: "1 to \(maxCount)")
        }
    }

    /// The position of the first bound that is not below the value; the number of bounds when all are.
    func index(of value: Double) -> Int {
        var low = 0
        var high = upperBounds.count
        while low < high {
            let middle = (low + high) / 2
            if upperBounds[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
