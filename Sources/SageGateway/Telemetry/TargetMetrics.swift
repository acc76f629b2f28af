import CoreMetrics
import SagePrometheus
import SageResilience
import Synchronization

/// What is counted of the calls to one target; made when the target is.
///
/// A call costs a few atomic additions. Failures are found in a table under a lock.
final class TargetMetrics: Sendable {
    private struct Failure: Hashable {
        let kind: AttemptKind
        let outcome: RequestOutcome
        let word: ErrorWord
    }

    private struct Change: Hashable {
        let target: String
        let word: ErrorWord
    }

    private struct Rare: Sendable {
        var failures: [Failure: any CounterHandler] = [:]
        var retries: [ErrorWord: any CounterHandler] = [:]
        var fallbacks: [Change: any CounterHandler] = [:]
    }

    /// The value of the label `target`, and of `name` where a retry is counted.
    let label: String
    private let backend: PrometheusMetrics
    private let successes: LazyTable<any CounterHandler>
    private let durations: LazyTable<any TimerHandler>
    private let firstToken: LazyTable<any TimerHandler>
    private let tokens: LazyTable<any CounterHandler>
    private let rare = Mutex(Rare())

    init(_ backend: PrometheusMetrics, label: String) {
        self.label = label
        self.backend = backend
        let kinds = AttemptKind.allCases
        successes = LazyTable(count: kinds.count) { index in
            backend.makeAttemptCounter(label, kinds[index], .success, .none)
        }
        durations = LazyTable(count: kinds.count) { index in
            backend.makeTimer(
                label: "sage_upstream_duration_seconds", dimensions: [("target", label), ("kind", kinds[index].label)])
        }
        firstToken = LazyTable(count: 1) { _ in
            backend.makeTimer(label: "sage_time_to_first_token_seconds", dimensions: [("target", label)])
        }
        tokens = LazyTable(count: TokenKind.allCases.count) { index in
            backend.makeCounter(
                label: "sage_tokens_total",
                dimensions: [("target", label), ("kind", TokenKind.allCases[index].label)])
        }
    }

    /// A call is over, its answer included.
    func ended(_ kind: AttemptKind, _ outcome: RequestOutcome, _ word: ErrorWord, nanoseconds: Int64) {
        durations[kind.rawValue].recordNanoseconds(nanoseconds)
        guard outcome != .success else { return successes[kind.rawValue].increment(by: 1) }
        let key = Failure(kind: kind, outcome: outcome, word: word)
        let counter = rare.withLock { rare in
            if let known = rare.failures[key] { return known }
            let made = backend.makeAttemptCounter(label, kind, outcome, word)
            rare.failures[key] = made
            return made
        }
        counter.increment(by: 1)
    }

    /// The first token of a stream has arrived.
    func firstTokenArrived(afterNanoseconds nanoseconds: Int64) {
        firstToken[0].recordNanoseconds(nanoseconds)
    }

    /// An answer has used tokens.
    func used(_ count: Int, _ kind: TokenKind) {
        guard count > 0 else { return }
        tokens[kind.rawValue].increment(by: Int64(count))
    }

    /// The target is called again for the same request.
    func retried(after word: ErrorWord) {
        let counter = rare.withLock { rare in
            if let known = rare.retries[word] { return known }
            let made = backend.makeCounter(
                label: "sage_retries_total", dimensions: [("name", label), ("reason", word.label)])
            rare.retries[word] = made
            return made
        }
        counter.increment(by: 1)
    }

    /// Another target is called in place of this one.
    func replaced(by other: TargetMetrics, after word: ErrorWord) {
        let key = Change(target: other.label, word: word)
        let counter = rare.withLock { rare in
            if let known = rare.fallbacks[key] { return known }
            let made = backend.makeCounter(
                label: "sage_fallbacks_total",
                dimensions: [("from", label), ("to", other.label), ("reason", word.label)])
            rare.fallbacks[key] = made
            return made
        }
        counter.increment(by: 1)
    }
}

extension PrometheusMetrics {
    fileprivate func makeAttemptCounter(
        _ target: String, _ kind: AttemptKind, _ outcome: RequestOutcome, _ word: ErrorWord
    ) -> any CounterHandler {
        makeCounter(
            label: "sage_upstream_requests_total",
            dimensions: [
                ("target", target), ("outcome", outcome.rawValue), ("error_class", word.label), ("kind", kind.label),
            ])
    }
}
