public import SageResilience

/// A store that tells how well it is: what `/status`, health checks and metrics read.
///
/// Asking costs nothing and calls nobody; `health` knows what the last operations have seen.
public protocol GuardedStore: HealthReporting {
    /// The circuit breakers of the store, `<store>.connect` and `<store>.statements`, for their states and numbers, and
    /// to open or close them by hand.
    var breakers: [CircuitBreaker] { get }
    /// The last failure of the store itself, not of its callers; nil when an operation has succeeded since: any, or one
    /// that wrote, where it was the writing that failed.
    var lastFailure: StorageError? { get }
    /// Where the store is, without credentials, for example `sqlite:/var/lib/sage/sage.db`.
    var location: String { get }
}

/// A store whose operations all run through one guard.
package protocol GuardHolding: GuardedStore {
    /// Its policies.
    var storageGuard: StorageGuard { get }
}

extension GuardHolding {
    /// Those of the guard.
    public var breakers: [CircuitBreaker] { [storageGuard.connectBreaker, storageGuard.statementBreaker] }
    /// That of the guard.
    public var lastFailure: StorageError? { storageGuard.lastFailure }
    /// That of the guard.
    public var health: ServiceHealth { storageGuard.health }
}
