/// Positions of targets in the order in which a request goes to them.
enum TargetList: Sendable, Hashable, Sequence {
    /// The first so many.
    case first(Int)
    /// Just these.
    case listed([Int])

    struct Iterator: IteratorProtocol {
        fileprivate let list: TargetList
        fileprivate var step = 0

        mutating func next() -> Int? {
            defer { step += 1 }
            switch list {
            case .first(let count): return step < count ? step : nil
            case .listed(let positions): return step < positions.count ? positions[step] : nil
            }
        }
    }

    func makeIterator() -> Iterator { Iterator(list: self) }
}
