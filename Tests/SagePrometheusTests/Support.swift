import SagePrometheus

extension PrometheusMetrics {
    /// The page without what the backend says of itself.
    func lines(_ format: ExpositionFormat = .prometheusText) -> [String] {
        var lines = render(format).text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let own = lines.firstIndex { $0.hasPrefix("# HELP sage_metrics_left_out_families ") }
        let end = lines.last(where: { $0.hasPrefix("# EOF") })
        lines.removeSubrange((own ?? lines.endIndex)...)
        return lines + (end.map { [$0] } ?? [])
    }

    /// The lines of the page that hold values, without what the backend says of itself.
    var samples: [String] { lines().filter { !$0.hasPrefix("#") } }

    /// The value of one of the backend's own metrics.
    func own(_ line: String) -> String? {
        render().text.split(separator: "\n").first { $0.hasPrefix("\(line) ") }.map {
            String($0.dropFirst(line.count + 1))
        }
    }
}

/// SplitMix64, so that a failing case can be made again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
