extension Registry {
    /// The entries in the order of their use, and the places kept for those that are being created; a pure value.
    struct Table: Sendable {
        typealias Entry = LeastRecentlyUsed<Policy>.Entry

        /// What a search for a policy that may have to be created has led to.
        enum Search: Sendable {
            case found(Policy)
            /// There is a place for it; whoever locks the creation first fills the place.
            case create(Creation)
            case full
        }

        let capacity: Int
        private(set) var entries = LeastRecentlyUsed<Policy>()
        /// The names whose entries are never evicted.
        private(set) var pinned: Set<String> = []
        /// Places that are kept for policies which are being created.
        private var creations: [String: Creation] = [:]
        /// The creations whose name has no entry; a policy that is registered meanwhile takes the place over.
        private var reserved = 0

        init(capacity: Int) {
            self.capacity = capacity
        }

        mutating func search(_ name: String) -> Search {
            if let policy = entries.use(name) { return .found(policy) }
            if let creation = creations[name] { return .create(creation) }
            guard hasRoom else { return .full }
            let creation = Creation()
            creations[name] = creation
            reserved += 1
            return .create(creation)
        }

        /// Ends a creation, with a policy if it has succeeded.
        ///
        /// - Returns: The policy that has the name now: one that was registered meanwhile takes precedence.
        mutating func end(_ creation: Creation, _ name: String, _ policy: Policy?) -> Policy? {
            if creations[name] === creation {
                creations[name] = nil
                if !entries.contains(name) { reserved -= 1 }
            }
            if let registered = entries.use(name) { return registered }
            if let policy { _ = entries.put(policy, name) }
            return policy
        }

        mutating func use(_ name: String) -> Policy? { entries.use(name) }

        mutating func pin(_ name: String) { pinned.insert(name) }

        /// Stores a policy, unless there is no place.
        ///
        /// - Returns: Whether it is stored, and the policy that it replaces, for the caller to release after unlocking.
        mutating func register(_ policy: Policy, _ name: String) -> (isStored: Bool, replaced: Policy?) {
            let isKnown = entries.contains(name)
            let isReserved = creations[name] != nil
            guard isKnown || isReserved || hasRoom else { return (false, nil) }
            if isReserved, !isKnown { reserved -= 1 }
            return (true, entries.put(policy, name))
        }

        mutating func remove(_ name: String) -> Policy? {
            removed(entries.remove(name), name)
        }

        /// Removes an entry that nobody has used since it was looked at.
        mutating func evict(_ entry: Entry) -> Policy? {
            removed(entries.remove(entry.name, lastUse: entry.lastUse), entry.name)
        }

        mutating func removeAll() -> LeastRecentlyUsed<Policy> {
            reserved = creations.count
            pinned = []
            return entries.removeAll()
        }

        /// A creation that is under way needs its place again when the entry that had taken it goes.
        private mutating func removed(_ policy: Policy?, _ name: String) -> Policy? {
            if policy != nil, creations[name] != nil { reserved += 1 }
            return policy
        }

        private var hasRoom: Bool { entries.count + reserved < capacity }
    }
}
