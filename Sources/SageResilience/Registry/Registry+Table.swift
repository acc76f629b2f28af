extension Registry {
    /// The entries by name, with the order of their last use; a pure value.
    struct Table: Sendable {
        struct Entry: Sendable {
            var policy: Policy
            var lastUse: UInt64
        }

        /// What a search for a policy that may have to be created has led to.
        enum Search: Sendable {
            case found(Policy)
            /// There is a place for it; whoever locks the creation first fills the place.
            case create(Creation)
            /// There is no place. The entries, least recently used first.
            case full([(name: String, entry: Entry)])
        }

        let capacity: Int
        private(set) var entries: [String: Entry] = [:]
        /// Places that are kept for policies which are being created.
        private var creations: [String: Creation] = [:]
        private var uses: UInt64 = 0

        init(capacity: Int) {
            self.capacity = capacity
        }

        mutating func use(_ name: String) -> Policy? {
            guard let policy = entries[name]?.policy else { return nil }
            uses += 1
            entries[name]?.lastUse = uses
            return policy
        }

        mutating func search(_ name: String) -> Search {
            if let policy = use(name) { return .found(policy) }
            if let creation = creations[name] { return .create(creation) }
            guard hasRoom else { return .full(byUse) }
            let creation = Creation()
            creations[name] = creation
            return .create(creation)
        }

        /// Ends a creation, with a policy if it has succeeded.
        ///
        /// - Returns: The policy that has the name now: one that was registered meanwhile takes precedence.
        mutating func end(_ creation: Creation, _ name: String, _ policy: Policy?) -> Policy? {
            if creations[name] === creation { creations[name] = nil }
            if let registered = use(name) { return registered }
            if let policy { put(policy, name) }
            return policy
        }

        /// Stores a policy, unless there is no place.
        ///
        /// - Returns: Nil if it is stored; otherwise the entries, least recently used first.
        mutating func register(_ policy: Policy, _ name: String) -> [(name: String, entry: Entry)]? {
            guard entries[name] != nil || creations[name] != nil || hasRoom else { return byUse }
            put(policy, name)
            return nil
        }

        mutating func remove(_ name: String) -> Policy? {
            entries.removeValue(forKey: name)?.policy
        }

        /// Removes an entry that nobody has used since it was looked at.
        mutating func evict(_ name: String, lastUse: UInt64) -> Bool {
            guard entries[name]?.lastUse == lastUse else { return false }
            entries[name] = nil
            return true
        }

        private mutating func put(_ policy: Policy, _ name: String) {
            uses += 1
            entries[name] = Entry(policy: policy, lastUse: uses)
        }

        /// A registered policy may have taken the place of its own creation; that place counts once.
        private var hasRoom: Bool {
            entries.count + creations.keys.count { entries[$0] == nil } < capacity
        }

        private var byUse: [(name: String, entry: Entry)] {
            entries.map { (name: $0.key, entry: $0.value) }.sorted { $0.entry.lastUse < $1.entry.lastUse }
        }
    }
}
