/// All series of one name.
struct Family: Sendable {
    let name: String
    let type: MetricType
    let labelNames: [String]
    let buckets: HistogramBuckets
    /// What the program calls it, for its description.
    let label: String
    /// In the order of their labels, which is the order on the page.
    private(set) var series: [Series] = []

    init(name: String, type: MetricType, labelNames: [String], buckets: HistogramBuckets, label: String) {
        self.name = name
        self.type = type
        self.labelNames = labelNames
        self.buckets = buckets
        self.label = label
    }

    /// The series with these labels, or where it would have to be.
    func find(_ labels: LabelSet) -> (found: Series?, position: Int) {
        var low = 0
        var high = series.count
        while low < high {
            let middle = (low + high) / 2
            if series[middle].labels.text.utf8.lexicographicallyPrecedes(labels.text.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        // By bytes: characters that look the same are the same String, but not the same label.
        let isFound = low < series.count && series[low].labels.text.utf8.elementsEqual(labels.text.utf8)
        return (isFound ? series[low] : nil, low)
    }

    mutating func insert(_ new: Series, at position: Int) {
        series.insert(new, at: position)
    }

    /// - Returns: Whether it was there.
    mutating func remove(_ old: Series) -> Bool {
        let (found, position) = find(old.labels)
        guard let found, found.isSame(as: old) else { return false }
        series.remove(at: position)
        return true
    }
}
