/// Values by name in the order of their last use; every operation but ``entries(after:atMost:)`` takes constant time.
///
/// A doubly linked list in an array: links are indices, and places that are free are linked too. A pure value.
struct LeastRecentlyUsed<Value: Sendable>: Sendable {
    /// An entry as it was when somebody looked at it.
    struct Entry: Sendable {
        let name: String
        let value: Value
        /// Where it stood, to go on from there.
        fileprivate let index: Int
        /// The number of its last use; larger numbers are later.
        let lastUse: UInt64
    }

    private struct Node {
        /// Nil while the place is free.
        var content: (name: String, value: Value)?
        var lastUse: UInt64 = 0
        var older = -1
        var newer = -1
    }

    private var nodes: ContiguousArray<Node> = []
    private var indices: [String: Int] = [:]
    private var oldest = -1
    private var newest = -1
    /// The first free place; the next one stands in its `newer`.
    private var free = -1
    private var uses: UInt64 = 0

    var count: Int { indices.count }
    var names: Dictionary<String, Int>.Keys { indices.keys }

    func contains(_ name: String) -> Bool { indices[name] != nil }

    /// All values, in no order.
    var values: [String: Value] { indices.compactMapValues { nodes[$0].content?.value } }

    /// The value of a name, which becomes the one that was used last.
    mutating func use(_ name: String) -> Value? {
        guard let index = indices[name] else { return nil }
        touch(index)
        return nodes[index].content?.value
    }

    /// Stores a value as the one that was used last.
    ///
    /// - Returns: The value that it replaces.
    mutating func put(_ value: Value, _ name: String) -> Value? {
        if let index = indices[name] {
            let replaced = nodes[index].content?.value
            nodes[index].content = (name, value)
            touch(index)
            return replaced
        }
        let index = takeFree()
        indices[name] = index
        nodes[index].content = (name, value)
        append(index)
        return nil
    }

    /// Removes a name; with `lastUse` only if nobody has used it since.
    mutating func remove(_ name: String, lastUse: UInt64? = nil) -> Value? {
        guard let index = indices[name], lastUse == nil || nodes[index].lastUse == lastUse else { return nil }
        indices[name] = nil
        unlink(index)
        let value = nodes[index].content?.value
        nodes[index] = Node(newer: free)
        free = index
        return value
    }

    /// Removes everything; numbers of uses go on, so that no entry of before is taken for one of after.
    ///
    /// - Returns: What was removed.
    mutating func removeAll() -> Self {
        let removed = self
        self = Self()
        uses = removed.uses
        return removed
    }

    /// The entries that were last used after another one, oldest first.
    ///
    /// - Parameters:
    ///   - entry: Where to go on; nil begins with the oldest of all. Constant time while it stands where it stood,
    ///     else as many steps as there are entries before the next one.
    ///   - limit: How many entries to return at most.
    func entries(after entry: Entry?, atMost limit: Int) -> [Entry] {
        var index = oldest
        if let entry {
            if nodes.indices.contains(entry.index), nodes[entry.index].lastUse == entry.lastUse {
                index = nodes[entry.index].newer
            } else {
                while index >= 0, nodes[index].lastUse <= entry.lastUse { index = nodes[index].newer }
            }
        }
        var entries: [Entry] = []
        while index >= 0, entries.count < limit {
            let node = nodes[index]
            if let (name, value) = node.content {
                entries.append(Entry(name: name, value: value, index: index, lastUse: node.lastUse))
            }
            index = node.newer
        }
        return entries
    }

    // MARK: The list

    private mutating func touch(_ index: Int) {
        guard index != newest else {
            uses += 1
            nodes[index].lastUse = uses
            return
        }
        unlink(index)
        append(index)
    }

    private mutating func append(_ index: Int) {
        uses += 1
        nodes[index].lastUse = uses
        nodes[index].older = newest
        nodes[index].newer = -1
        if newest >= 0 { nodes[newest].newer = index } else { oldest = index }
        newest = index
    }

    private mutating func unlink(_ index: Int) {
        let (older, newer) = (nodes[index].older, nodes[index].newer)
        if older >= 0 { nodes[older].newer = newer } else { oldest = newer }
        if newer >= 0 { nodes[newer].older = older } else { newest = older }
    }

    private mutating func takeFree() -> Int {
        guard free >= 0 else {
            nodes.append(Node())
            return nodes.count - 1
        }
        defer { free = nodes[free].newer }
        return free
    }
}
