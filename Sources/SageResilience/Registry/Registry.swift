import Synchronization

/// A bounded collection of policies by name, for example a rate limiter for each provider.
///
/// ```swift
/// let limiters = try Registry<RateLimiter>("limiters")
/// try limiters.register("anthropic", RateLimiter("anthropic", .anthropic))
/// try await limiters.find("anthropic").acquire()
/// let limiter = try limiters.policy(named: key) { try RateLimiter.slidingWindow(key, limit: 60, per: .seconds(60)) }
/// ```
///
/// A registry that is full evicts the entry that was used least recently among those that can be forgotten
/// (``Evictable``). Names stand in errors, events and metrics: do not use a secret, such as a whole API key, as a name.
///
/// Thread-safe.
public final class Registry<Policy: Sendable>: Sendable {
    /// What identifies the registry in events and errors.
    public let name: String
    /// The most entries that it holds.
    public let capacity: Int

    /// Makes the racing callers of one name wait for the first of them; true once that one has ended.
    final class Creation: Sendable {
        let isOver = Mutex(false)
    }

    private let table: Mutex<Table>
    private let emitter: EventEmitter?

    /// Creates an empty registry.
    ///
    /// - Parameters:
    ///   - name: What identifies it in events and errors. Defaults to `registry`.
    ///   - capacity: The most entries that it holds, 1 or more. Defaults to 1,000.
    ///   - listener: Hears ``ResilienceEvent/Kind/registryEvicted(entry:)``. Defaults to nobody.
    /// - Throws: ``ConfigurationError`` when the capacity is out of range.
    public convenience init(
        _ name: String = "registry", capacity: Int = 1_000, listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        try Validation.count("capacity", capacity, in: 1...Int.max)
        self.init(name, validCapacity: capacity, listener)
    }

    /// Creates an empty registry whose capacity is known to be in range.
    init(_ name: String, validCapacity capacity: Int, _ listener: (any ResilienceListener)?) {
        self.name = name
        self.capacity = capacity
        self.table = Mutex(Table(capacity: capacity))
        self.emitter = EventEmitter.make(PolicyIdentity(.registry, name), listener)
    }

    /// The policy with a name, which counts as a use; nil when there is none.
    public subscript(_ name: String) -> Policy? {
        table.withLock { $0.use(name) }
    }

    /// The policy with a name, which counts as a use.
    ///
    /// - Throws: ``RegistryError`` when there is none; it lists the names that exist.
    public func find(_ name: String) throws(RegistryError) -> Policy {
        if let policy = self[name] { return policy }
        let names = self.names
        let known = Array(names.prefix(RegistryError.longestList))
        throw RegistryError(
            registryName: self.name, reason: .missing(name: name, known: known, total: names.count))
    }

    /// All policies by name; looking at them does not count as a use.
    public var all: [String: Policy] {
        // A copy of the list costs nothing under the lock; the dictionary is built after it.
        table.withLock { $0.entries }.values
    }

    /// The names that exist, sorted.
    public var names: [String] {
        table.withLock { $0.entries }.names.sorted()
    }

    /// The number of policies.
    public var count: Int { table.withLock { $0.entries.count } }

    /// The policy with a name, created if there is none; however many callers race, it is created once.
    ///
    /// The registry is not locked during the creation, so `create` may use it for other names, and callers of other
    /// names do not wait. Callers of the same name wait for it: it must be quick, and must not wait for another thread
    /// that asks for this name. If it throws, nothing is stored, and one of the callers that wait tries its own.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - create: Makes the policy.
    /// - Throws: ``RegistryError`` when the registry is full and no entry can be evicted, before anything is created,
    ///   and when `create` asks for the name that it is to create; the error of `create` unchanged.
    public func policy(named name: String, orCreate create: () throws -> Policy) throws -> Policy {
        while true {
            switch table.withLock({ $0.search(name) }) {
            case .found(let policy): return policy
            case .full: try evictOne(for: name)
            case .create(let creation):
                // Waiting for itself would never end.
                guard !CreationStack.current.contains(ObjectIdentifier(creation)) else {
                    throw RegistryError(registryName: self.name, reason: .recursive(name: name))
                }
                let policy = try creation.isOver.withLock { isOver -> Policy? in
                    // Another caller was first; the next search shows with what result.
                    guard !isOver else { return nil }
                    isOver = true
                    do {
                        let policy = try CreationStack.with(ObjectIdentifier(creation), create)
                        return table.withLock { $0.end(creation, name, policy) }
                    } catch {
                        _ = table.withLock { $0.end(creation, name, nil) }
                        throw error
                    }
                }
                if let policy { return policy }
            }
        }
    }

    /// Keeps the entry of a name, which need not exist yet, from being evicted: somebody holds its policy for good.
    func pin(_ name: String) {
        table.withLock { $0.pin(name) }
    }

    /// Stores a policy under a name, in place of the one that has the name so far.
    ///
    /// - Throws: ``RegistryError`` when the registry is full and no entry can be evicted.
    public func register(_ name: String, _ policy: Policy) throws(RegistryError) {
        while true {
            // What is replaced is released outside the lock: its end may be somebody's code.
            let (isStored, _) = table.withLock { $0.register(policy, name) }
            if isStored { return }
            try evictOne(for: name)
        }
    }

    /// Removes a policy.
    ///
    /// Who holds it can go on using it.
    ///
    /// - Returns: The policy; nil when there is none with this name.
    @discardableResult
    public func remove(_ name: String) -> Policy? {
        table.withLock { $0.remove(name) }
    }

    /// Removes all policies; who holds one can go on using it.
    ///
    /// A policy that is being created at this moment is stored afterwards.
    public func removeAll() {
        _ = table.withLock { $0.removeAll() }
    }

    /// Makes a place by removing the entry that was used least recently among those that can be forgotten, unless
    /// somebody uses it meanwhile; the caller then looks again.
    private func evictOne(for newcomer: String) throws(RegistryError) {
        // The policies' own code is asked outside the lock, so that it may use the registry; a few at a time, so that
        // nobody waits long for the lock, and first the oldest alone, which most often can go.
        var last: Table.Entry?
        var asked = 0
        while true {
            let (candidates, pinned) = table.withLock { [last] table in
                (table.entries.entries(after: last, atMost: last == nil ? 1 : 16), table.pinned)
            }
            // Entries that are used during the search come again; in a storm of uses the search would not end.
            guard !candidates.isEmpty, asked / 2 <= capacity else {
                throw RegistryError(registryName: name, reason: .full(name: newcomer, capacity: capacity))
            }
            if let victim = candidates.first(where: { candidate in
                !pinned.contains(candidate.name) && (candidate.value as? any Evictable)?.isEvictable ?? true
            }) {
                return evict(victim)
            }
            last = candidates.last
            asked += candidates.count
        }
    }

    private func evict(_ victim: Table.Entry) {
        _ = table.withLock { table in
            let evicted = table.evict(victim)
            if evicted != nil { emitter?.enqueue(.registryEvicted(entry: victim.name)) }
            return evicted
        }
        emitter?.deliver()
    }
}

/// The creations that the current task is in the middle of.
private enum CreationStack {
    @TaskLocal static var current: [ObjectIdentifier] = []

    static func with<Result>(_ creation: ObjectIdentifier, _ create: () throws -> Result) rethrows -> Result {
        try $current.withValue(current + [creation], operation: create)
    }
}
