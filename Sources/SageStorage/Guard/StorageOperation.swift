/// The kinds of operations that a ``StorageGuard`` treats differently.
package enum StorageOperation: Sendable, Hashable, CaseIterable {
    /// Makes a connection; repeated after every passing failure.
    case connect
    /// Changes nothing; repeated after every passing failure.
    case read
    /// Repeated only when it certainly had no effect.
    case write
}
