/// Decides which names become values of labels, so that a metrics backend is not flooded with series; a pure value.
///
/// First come, first served; a name that was refused stays refused, so that its series is not split.
struct NameLimit<Scope: Hashable & Sendable>: Sendable {
    private struct Pair: Sendable, Hashable {
        let name: String
        let child: String
    }

    private let limit: Int
    private var names: [Scope: Set<Pair>] = [:]

    /// - Parameter limit: How many names, or pairs of names, of one scope are told apart.
    init(limit: Int) {
        self.limit = limit
    }

    /// Whether a name, or a name and its child's, may become a value of a label.
    mutating func admit(_ name: String, child: String = "", in scope: Scope) -> Bool {
        let pair = Pair(name: name, child: child)
        if names[scope]?.contains(pair) == true { return true }
        guard names[scope, default: []].count < limit else { return false }
        names[scope, default: []].insert(pair)
        return true
    }
}
