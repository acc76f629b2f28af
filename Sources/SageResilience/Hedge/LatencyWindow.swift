/// The durations of the last calls and their percentiles: exact, in bounded memory (16 bytes a sample).
///
/// Beside the ring of samples in the order of arrival there is a sorted copy: a sample costs two binary searches and a
/// move of at most the window, a percentile one look. For windows of hundreds that is less work than an estimator such
/// as P-square (Jain and Chlamtac, 1985), and it forgets, which P-square does not.
package struct LatencyWindow: Sendable {
    private let capacity: Int
    private var ring: [Int64] = []
    private var sorted: [Int64] = []
    private var oldest = 0

    /// Creates an empty window.
    ///
    /// - Parameter capacity: How many samples to keep, 1 or more.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// How many samples there are.
    package var count: Int { ring.count }

    /// Adds a duration in nanoseconds and forgets the oldest if the window is full.
    package mutating func record(_ sample: Int64) {
        if ring.count < capacity {
            ring.append(sample)
        } else {
            sorted.remove(at: position(of: ring[oldest]))
            ring[oldest] = sample
            oldest = oldest + 1 == capacity ? 0 : oldest + 1
        }
        sorted.insert(sample, at: position(of: sample))
    }

    /// The nearest-rank percentile: the smallest sample such that `share` of all samples are not above it.
    ///
    /// - Parameter share: From 0 to 1.
    /// - Returns: Nil without samples.
    package func percentile(_ share: Double) -> Int64? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// The first position whose sample is not below this one.
    private func position(of sample: Int64) -> Int {
        var range = sorted.startIndex..<sorted.endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if sorted[middle] < sample {
                range = middle + 1..<range.upperBound
            } else {
                range = range.lowerBound..<middle
            }
        }
        return range.lowerBound
    }
}
