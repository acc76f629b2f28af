import CoreMetrics
import SagePrometheus
import SageSessions
import Synchronization

/// What is counted of conversations, memory and their stores.
///
/// Counts that only a store knows are taken from its last answer: a scrape waits for no database.
final class AgentMetrics: Sendable {
    private let backend: PrometheusMetrics
    private let sessions: [(SessionState, any MeterHandler)]
    private let pending: any MeterHandler
    private let repairs = Mutex<[ViewRepair.Kind: any CounterHandler]>([:])
    private let stores = Mutex<[String: any MeterHandler]>([:])

    init(_ backend: PrometheusMetrics) {
        self.backend = backend
        sessions = SessionState.allCases.map { state in
            (state, backend.makeMeter(label: "sage_sessions", dimensions: [("state", state.rawValue)]))
        }
        pending = backend.makeMeter(label: "sage_memory_pending_embeddings", dimensions: [])
    }

    /// Something of a log is shown differently, so that a provider takes it.
    func repaired(_ kind: ViewRepair.Kind) {
        let counter = repairs.withLock { repairs in
            if let known = repairs[kind] { return known }
            let made = backend.makeCounter(
                label: "sage_session_repairs_total", dimensions: [("kind", kind.rawValue)])
            repairs[kind] = made
            return made
        }
        counter.increment(by: 1)
    }

    func set(_ counts: [SessionState: Int]) {
        for (state, gauge) in sessions { gauge.set(Int64(counts[state] ?? 0)) }
    }

    func set(pendingEmbeddings count: Int) { pending.set(Int64(count)) }

    func set(_ status: StoreStatus) {
        let gauge = stores.withLock { stores in
            if let known = stores[status.name] { return known }
            let made = backend.makeMeter(label: "sage_store_up", dimensions: [("store", status.name)])
            stores[status.name] = made
            return made
        }
        gauge.set(Int64(status.isUp ? 1 : 0))
    }
}
