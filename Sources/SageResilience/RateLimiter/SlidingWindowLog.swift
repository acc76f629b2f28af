/// An exact sliding window: the moments of the last `limit` permits.
///
/// A permit that was granted at `t` counts during `t ..< t + period`. So `n` permits are free as soon as the `n`-th
/// oldest remembered one has left the window, and nothing ever has to be swept out.
struct SlidingWindowLog: RateLimitAlgorithm {
    /// Above this, the memory (8 bytes a permit) is no longer worth the exactness.
    static let largestLimit = 1_024

    private let limit: Int
    private let period: Int64
    /// A ring once it holds `limit` moments; until then it grows at the end.
    ///
    /// In order of time from `oldest` on.
    private var moments: [Moment] = []
    private var oldest = 0

    /// - Parameters:
    ///   - limit: Permits in a window, 1 or more.
    ///   - period: The length of the window in nanoseconds, 1 or more.
    init(limit: Int, period: Int64) {
        self.limit = limit
        self.period = period
    }

    var capacity: Int { limit }

    func available(at now: Moment) -> Int {
        var (low, high) = (0, moments.count)
        while low < high {
            let middle = (low + high) / 2
            if departure(middle) <= now { low = middle + 1 } else { high = middle }
        }
        return limit - moments.count + low
    }

    func earliest(_ permits: Int, from now: Moment) -> Moment {
        let inTheWay = permits - (limit - moments.count)
        return inTheWay > 0 ? max(now, departure(inTheWay - 1)) : now
    }

    mutating func take(_ permits: Int, at now: Moment) {
        for _ in 0..<permits {
            if moments.count < limit {
                moments.append(now)
            } else {
                moments[oldest] = now
                oldest = (oldest + 1) % limit
            }
        }
    }

    /// When the remembered permit with this index, counted from the oldest, leaves the window.
    private func departure(_ index: Int) -> Moment {
        moments[(oldest + index) % moments.count].advanced(by: period)
    }
}
