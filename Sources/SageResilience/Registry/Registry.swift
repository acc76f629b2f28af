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
    public init(
        _ name: String = "registry", capacity: Int = 1_000, listener: (any ResilienceListener)? = nil
    ) throws(ConfigurationError) {
        try Validation.count("capacity", capacity, in: 1...Int.max)
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
        let (policy, names) = table.withLock { table in
            let policy = table.use(name)
            return (policy, policy == nil ? table.entries.keys.sorted() : [])
        }
        if let policy { return policy }
        let known = Array(names.prefix(RegistryError.longestList))
        throw RegistryError(
            registryName: self.name, reason: .missing(name: name, known: known, total: names.count))
    }

    /// All policies by name; looking at them does not count as a use.
    public var all: [String: Policy] {
        table.withLock { $0.entries.mapValues(\.policy) }
    }

    /// The number of policies.
    public var count: Int { table.withLock { $0.entries.count } }

    /// The policy with a name, created if there is none; however many callers race, it is created once.
    ///
    /// The registry is not locked during the creation, so `create` may use it for other names, and callers of other
    /// names do not wait. Callers of the same name wait for it: it must be quick, and must not ask for this name
    /// again, nor for one whose creation asks for this name. If it throws, nothing is stored, and one of the callers
    /// that wait tries its own.
    ///
    /// - Parameters:
    ///   - name: The name.
    ///   - create: Makes the policy.
    /// - Throws: ``RegistryError`` when the registry is full and no entry can be evicted, before anything is created;
    ///   the error of `create` unchanged.
    public func policy(named name: String, orCreate create: () throws -> Policy) throws -> Policy {
        while true {
            switch table.withLock({ $0.search(name) }) {
            case .found(let policy): return policy
            case .full(let candidates): try evictOne(of: candidates, for: name)
            case .create(let creation):
                let policy = try creation.isOver.withLock { isOver -> Policy? in
                    // Another caller was first; the next search shows with what result.
                    guard !isOver else { return nil }
                    isOver = true
                    do {
                        let policy = try create()
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

    /// Stores a policy under a name, in place of the one that has the name so far.
    ///
    /// - Throws: ``RegistryError`` when the registry is full and no entry can be evicted.
    public func register(_ name: String, _ policy: Policy) throws(RegistryError) {
        while let candidates = table.withLock({ $0.register(policy, name) }) {
            try evictOne(of: candidates, for: name)
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

    /// Makes a place, unless somebody has used the entry meanwhile; the caller then looks again.
    private func evictOne(
        of candidates: [(name: String, entry: Table.Entry)], for newcomer: String
    ) throws(RegistryError) {
        // The policies' own code is asked outside the lock, so that it may use the registry.
        let victim = candidates.first { ($0.entry.policy as? any Evictable)?.isEvictable ?? true }
        guard let victim else {
            throw RegistryError(registryName: name, reason: .full(name: newcomer, capacity: capacity))
        }
        table.withLock { table in
            if table.evict(victim.name, lastUse: victim.entry.lastUse) {
                emitter?.enqueue(.registryEvicted(entry: victim.name))
            }
        }
        emitter?.deliver()
    }
}
