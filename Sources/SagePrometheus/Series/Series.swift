/// One line of values, of any type.
enum Series: Sendable {
    case counter(CounterSeries)
    case gauge(GaugeSeries)
    case histogram(HistogramSeries)

    var labels: LabelSet {
        switch self {
        case .counter(let series): series.labels
        case .gauge(let series): series.labels
        case .histogram(let series): series.labels
        }
    }

    var family: String {
        switch self {
        case .counter(let series): series.family
        case .gauge(let series): series.family
        case .histogram(let series): series.family
        }
    }

    /// Whether both are the same object; a later series may have the name and labels of one that was destroyed.
    func isSame(as other: Series) -> Bool {
        switch (self, other) {
        case (.counter(let one), .counter(let other)): one === other
        case (.gauge(let one), .gauge(let other)): one === other
        case (.histogram(let one), .histogram(let other)): one === other
        default: false
        }
    }
}
