/// The spans that wait for their export, up to a number; a pure value.
struct SpanQueue: Sendable {
    private let capacity: Int
    private var spans: [FinishedSpan] = []
    /// How many at the beginning of the array have been taken already.
    private var taken = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var count: Int { spans.count - taken }

    /// Adds a span, unless there is no place.
    ///
    /// - Returns: Whether it was added.
    mutating func append(_ span: FinishedSpan) -> Bool {
        guard count < capacity else { return false }
        spans.append(span)
        return true
    }

    /// Takes the oldest spans.
    mutating func take(_ limit: Int) -> ArraySlice<FinishedSpan> {
        let end = taken + min(count, limit)
        let batch = spans[taken..<end]
        taken = end
        if taken == spans.count {
            spans = []
            taken = 0
        } else if taken >= capacity {
            // The rest is moved at most once for each time that as many as the whole queue holds were taken.
            spans.removeFirst(taken)
            taken = 0
        }
        return batch
    }

    /// Puts spans back in front of the others.
    ///
    /// - Returns: How many were left out, because there was no place.
    mutating func putBack(_ batch: ArraySlice<FinishedSpan>) -> Int {
        let kept = batch.suffix(max(0, capacity - count))
        spans.replaceSubrange(0..<taken, with: kept)
        taken = 0
        return batch.count - kept.count
    }
}
