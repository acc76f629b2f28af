/// The best of many, found with room for so many alone.
///
/// A binary heap with the worst at its root. Equal scores are told apart by number, the smaller first.
struct TopList {
    /// One of them.
    struct Entry: Hashable {
        /// Its number.
        var id: Int64
        /// How good it is.
        var score: Double

        fileprivate func isWorse(than other: Entry) -> Bool { (score, other.id) < (other.score, id) }
    }

    private var heap: [Entry] = []
    private let capacity: Int

    /// Creates an empty list.
    init(_ capacity: Int) {
        self.capacity = max(capacity, 1)
        heap.reserveCapacity(min(self.capacity, 1_024))
    }

    /// The score that another one must exceed, or reach with a smaller number; nil while there is room.
    var threshold: Double? { heap.count == capacity ? heap[0].score : nil }

    /// All of them, the best first.
    var sorted: [Entry] { heap.sorted { $1.isWorse(than: $0) } }

    /// Takes one in if it is among the best.
    mutating func insert(_ id: Int64, _ score: Double) {
        let entry = Entry(id: id, score: score)
        if heap.count < capacity {
            heap.append(entry)
            siftUp()
        } else if heap[0].isWorse(than: entry) {
            heap[0] = entry
            siftDown()
        }
    }

    private mutating func siftUp() {
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isWorse(than: heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if heap[child].isWorse(than: heap[worst]) { worst = child }
            }
            guard worst != parent else { return }
            heap.swapAt(parent, worst)
            parent = worst
        }
    }
}
