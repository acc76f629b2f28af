import SageResilience

extension CircuitBreaker {
    /// Whether a call would be admitted now; it gives its place back at once.
    func admits() -> Bool {
        guard let permit = tryAcquire() else { return false }
        permit.ignore()
        return true
    }
}
