/// A policy that knows whether it can be forgotten.
///
/// A ``Registry`` that is full asks before it evicts an entry. A policy should refuse while forgetting it would change
/// what its callers experience: an open circuit breaker would let calls through again, a limiter would forget the
/// permits it has granted. Policies that do not conform can always be forgotten.
public protocol Evictable {
    /// Whether a new instance would behave like this one. Called from any thread, never under the registry's lock.
    var isEvictable: Bool { get }
}
