import Synchronization

@testable import SageResilience

/// The copies of one hedged call: each waits until the test decides what becomes of it.
final class Copies: Sendable {
    private struct State {
        var running: Set<Int> = []
        var cancelled: Set<Int> = []
        var errors: [Int: any Error] = [:]
    }

    private let state = Mutex(State())
    private let starts = (0..<10).map { _ in Gate() }
    private let ends = (0..<10).map { _ in Gate() }

    var running: Set<Int> { state.withLock { $0.running } }
    var cancelled: Set<Int> { state.withLock { $0.cancelled } }

    /// The operation; its result is the number of the copy.
    func run() async throws -> Int {
        let copy = Hedge.currentCopy
        state.withLock { _ = $0.running.insert(copy) }
        defer { state.withLock { _ = $0.running.remove(copy) } }
        note(copy)
        do {
            try await ends[copy].pass()
        } catch {
            state.withLock { _ = $0.cancelled.insert(copy) }
            throw error
        }
        if let error = state.withLock({ $0.errors[copy] }) { throw error }
        return copy
    }

    func note(_ copy: Int) { starts[copy].open() }

    func started(_ copy: Int) async { try? await starts[copy].pass() }

    func finish(_ copy: Int) { ends[copy].open() }

    func fail(_ copy: Int, _ error: any Error) {
        state.withLock { $0.errors[copy] = error }
        finish(copy)
    }
}
