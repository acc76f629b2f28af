import Foundation
import Synchronization

/// Everything the connections of one provider share: the script's progress, the log, and who waits for the log.
///
/// Thread-safe: one lock, never held while something waits or a continuation resumes.
final class MockState: Sendable {
    private let initialScript: FaultScript
    private let seed: UInt64?
    /// The last one answers what belongs to none.
    private let shapes: [any ProviderShape]
    private let state: Mutex<State>

    private struct State {
        var engine: ScriptEngine
        var log = RequestLog()
        var start = ContinuousClock.now
        /// Counts resets: the end of a request that arrived before a reset does not belong into the new log.
        var generation = 0
        var waiters: [Int: Waiter] = [:]
        var nextWaiter = 0

        /// Takes out those whose condition holds now.
        mutating func takeSatisfied() -> [Waiter] {
            let satisfied = waiters.filter { $0.value.condition.holds(for: log) }
            for key in satisfied.keys { waiters[key] = nil }
            return Array(satisfied.values)
        }
    }

    private struct Waiter {
        let condition: LogCondition
        let continuation: CheckedContinuation<Void, Never>
    }

    init(script: FaultScript, seed: UInt64?, shapes: [any ProviderShape]) {
        self.initialScript = script
        self.seed = seed
        self.shapes = shapes
        self.state = Mutex(State(engine: ScriptEngine(script, seed: seed)))
    }
}

// MARK: - Script

extension MockState {
    var script: FaultScript { state.withLock { $0.engine.script } }

    /// Takes another script, whose steps all begin anew; the log stays.
    func replaceScript(_ script: FaultScript) {
        state.withLock { $0.engine = ScriptEngine(script, seed: seed) }
    }

    /// Goes back to the script of the start and an empty log.
    func reset() {
        let waiters = state.withLock { state in
            state.engine = ScriptEngine(initialScript, seed: seed)
            state.log = RequestLog()
            state.start = .now
            state.generation += 1
            return state.takeSatisfied()
        }
        for waiter in waiters { waiter.continuation.resume() }
    }
}

// MARK: - Requests

extension MockState {
    /// A request under way: its place in the log, and what is to be done.
    struct Exchange: Sendable {
        let sequence: Int
        let generation: Int
        let plan: ResponsePlan
    }

    /// Records a request that has arrived and decides about its answer.
    func begin(_ request: IncomingRequest) -> Exchange {
        var providerRequest = ProviderRequest(
            method: request.method, path: request.path,
            query: Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }),
            headers: request.headerValues, body: request.body, sequence: 0,
            time: Int(Date().timeIntervalSince1970))
        let shape = shape(for: providerRequest)
        let seen = shape?.facts(of: providerRequest)
        let facts = RequestFacts(
            path: request.path, model: seen?.model, isStream: seen?.isStream ?? false,
            headers: providerRequest.headers)
        let (decision, sequence, generation, waiters) = state.withLock { state in
            let decision = state.engine.next(for: facts)
            let sequence = state.log.nextSequence
            state.log.append(
                RequestRecord(
                    sequence: sequence, arrival: state.start.duration(to: .now), request: request, facts: facts,
                    decision: decision))
            return (decision, sequence, state.generation, state.takeSatisfied())
        }
        for waiter in waiters { waiter.continuation.resume() }
        providerRequest.sequence = sequence
        let reply = Self.reply(to: providerRequest, step: decision.step, shape: shape)
        return Exchange(
            sequence: sequence, generation: generation, plan: ResponsePlan(decision.step, reply: reply))
    }

    /// The shape that answers a request.
    func shape(for request: ProviderRequest) -> (any ProviderShape)? {
        shapes.first { $0.serves(request) } ?? shapes.last
    }

    private static func reply(
        to request: ProviderRequest, step: FaultStep, shape: (any ProviderShape)?
    ) -> ProviderReply? {
        var reply: ProviderReply
        switch step.answer {
        case .nothing: return nil
        case .fixed(let status, let contentType, let body?):
            reply = ProviderReply(status: status, contentType: contentType, text: body)
        case .fixed(let status, let contentType, nil):
            reply =
                shape?.error(status: status, message: "scripted status \(status)", for: request)
                ?? ProviderReply(status: status, contentType: contentType, text: "")
        case .reply(let options):
            guard let shape else { return ProviderReply(status: 404, contentType: "text/plain", text: "") }
            reply = shape.reply(to: request, options: options)
        }
        if let identification = shape?.identification(of: request) { reply.headers.append(identification) }
        return reply
    }

    /// Notes what was sent so far.
    func progress(_ exchange: Exchange, _ change: (inout RequestRecord) -> Void) {
        state.withLock { state in
            guard state.generation == exchange.generation else { return }
            state.log.update(exchange.sequence, change)
        }
    }

    /// Notes the end of a request.
    ///
    /// - Returns: The finished record; nil when a reset or the log's bound dropped it.
    @discardableResult
    func end(_ exchange: Exchange, outcome: RequestOutcome) -> RequestRecord? {
        let (record, waiters) = state.withLock { state -> (RequestRecord?, [Waiter]) in
            guard state.generation == exchange.generation else { return (nil, []) }
            let record = state.log.end(exchange.sequence, outcome: outcome, at: state.start.duration(to: .now))
            return (record, state.takeSatisfied())
        }
        for waiter in waiters { waiter.continuation.resume() }
        return record
    }
}

// MARK: - Waiting

extension MockState {
    var log: RequestLog { state.withLock { $0.log } }

    /// Waits until the condition holds, or the time is over, or the task is cancelled, and returns the log then.
    func log(when condition: LogCondition, timeout: Duration) async -> RequestLog {
        await withTaskGroup { group in
            group.addTask { await self.wait(for: condition) }
            group.addTask { try? await Task.sleep(for: timeout) }
            await group.next()
            group.cancelAll()
        }
        return log
    }

    private func wait(for condition: LogCondition) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                // The cancellation handler may have run before the waiter was there; then nobody would resume it.
                let isDone = state.withLock { state in
                    if condition.holds(for: state.log) || Task.isCancelled { return true }
                    state.waiters[id] = Waiter(condition: condition, continuation: continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.continuation.resume()
        }
    }
}
