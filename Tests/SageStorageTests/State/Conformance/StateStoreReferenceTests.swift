import SageResilience
import SageStorage
import SageTesting
import Testing

/// Long sequences of random operations, with a clock that goes both ways, give the same answers as the reference.
struct StateStoreReferenceTests {
    @Test(arguments: TestedStore.allCases, [1, 2, 3] as [UInt64])
    func randomOperationsAgreeWithTheReference(_ kind: TestedStore, _ seed: UInt64) async throws {
        try await kind.run { (store, hands) async throws in
            let reference = InMemoryStateStore("reference", clock: hands.clock)
            var script = OperationScript(seed: seed)
            for step in 0..<400 {
                let operation = script.next()
                let expected = try await operation.run(on: reference, hands: nil)
                let actual = try await operation.run(on: store, hands: hands)
                #expect(actual == expected, "step \(step): \(operation)")
                if actual != expected { return }
                script.note(expected)
            }
        }
    }
}

/// What an operation answered.
enum OperationAnswer: Equatable {
    case moved
    case joined(Int64)
    case published(Int)
    case view([BreakerReport], [ProbeRound])
    case leased(ProbeAnswer)
    case ended(ProbeEnding)
    case decided(RateDecision)
    case settled
}

enum StoreOperation {
    case move(Duration)
    case join(String, Int64)
    case publish([BreakerStatus], String)
    case view
    case lease(String, String, ProbeTerms)
    case end(ProbeLease, ProbeResult, ProbeTerms)
    case take([RateDemand])
    case settle([RateCorrection], StoreInstant)

    /// - Parameter hands: Moved by a step in time; nil where somebody else does.
    func run(on store: any StateStore, hands: StoreHands?) async throws -> OperationAnswer {
        switch self {
        case .move(let step):
            hands?.move(by: step)
            return .moved
        case .join(let instance, let epoch): return .joined(try await store.join(instance, after: epoch))
        case .publish(let statuses, let instance): return .published(try await store.publish(statuses, by: instance))
        case .view:
            let view = try await store.view()
            return .view(
                view.reports.sorted { ($0.instance, $0.status.breaker) < ($1.instance, $1.status.breaker) },
                view.rounds.sorted { $0.breaker < $1.breaker })
        case .lease(let breaker, let holder, let terms):
            return .leased(try await store.leaseProbe(of: breaker, holder: holder, terms: terms))
        case .end(let lease, let result, let terms):
            return .ended(try await store.endProbe(lease, result, terms: terms))
        case .take(let demands): return .decided(try await store.take(demands))
        case .settle(let corrections, let takenAt):
            try await store.settle(corrections, takenAt: takenAt)
            return .settled
        }
    }
}

/// Draws operations that meet each other: few names, and what earlier ones have handed out.
struct OperationScript {
    private var generator: SeededGenerator
    private var leases: [ProbeLease] = []
    private var grants: [(RateDemand, StoreInstant)] = []
    private var pending: [RateDemand] = []
    private let terms = ProbeTerms(limit: 2, total: 3, successesToClose: 2, failureLimit: 1, duration: .seconds(7))
    private let ratio = ProbeTerms(limit: 4, total: 4, successesToClose: nil, failureLimit: 2, duration: .seconds(3))

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func next() -> StoreOperation {
        pending = []
        switch number(in: 0...15) {
        case 0, 1, 2: return .move(.microseconds(number(in: 0...4_000_000)))
        case 3: return .move(.microseconds(number(in: -20_000_000 ... -1)))
        case 4: return .join(pick(["one", "two"]), Int64(number(in: 0...3)))
        case 5, 6: return .publish((0..<number(in: 1...3)).map { status($0) }, pick(["one", "two"]))
        case 7: return .view
        case 8, 9:
            let breaker = pick(["a", "b"])
            return .lease(breaker, pick(["one", "two"]), breaker == "a" ? terms : ratio)
        case 10, 11:
            guard !leases.isEmpty else { return .view }
            let lease = leases.remove(at: number(in: 0...(leases.count - 1)))
            let pause = Duration.microseconds(number(in: 0...3_000_000))
            return .end(
                lease, pick([.succeeded, .succeeded, .failed(pause: pause), .reopened(pause: pause), .unused]),
                lease.breaker == "a" ? terms : ratio)
        case 12 where !grants.isEmpty:
            let (demand, moment) = grants.remove(at: number(in: 0...(grants.count - 1)))
            let actual = number(in: 0...(2 * demand.permits + 3))
            return .settle(
                [RateCorrection(demand.account, demand.rule, reserved: demand.permits, actual: actual)], moment)
        default:
            let rules: [(String, RateRule)] = [
                ("window", .slidingWindow(limit: number(in: 8...10), per: .seconds(5))),
                ("counter", .slidingWindow(limit: 3_000, per: .milliseconds(6_500))),
                ("bucket", .tokenBucket(capacity: number(in: 50...60), refillInterval: .nanoseconds(33_333_337))),
            ]
            pending = rules.filter { _ in number(in: 0...2) > 0 }.map { name, rule in
                RateDemand(name, rule, permits: number(in: 0...(rule.capacity / 3)))
            }
            return .take(pending)
        }
    }

    /// Remembers what an answer has handed out.
    mutating func note(_ answer: OperationAnswer) {
        switch answer {
        case .leased(.leased(let lease)): leases.append(lease)
        case .decided(.granted(let grant)): grants += pending.map { ($0, grant.takenAt) }
        default: break
        }
    }

    private mutating func status(_ index: Int) -> BreakerStatus {
        BreakerStatus(
            breaker: pick(["a", "b", "c"]) + "\(index)", epoch: Int64(number(in: 1...2)),
            sequence: Int64(number(in: 1...50)), state: pick(CircuitBreaker.State.allCases),
            isOwnJudgement: number(in: 0...1) == 0, timeInState: .microseconds(number(in: 0...1_000_000)),
            remaining: .microseconds(number(in: 0...9_000_000)), failedRecoveries: number(in: 0...9),
            calls: number(in: 0...100), failures: number(in: 0...100), keep: .microseconds(number(in: 0...9_000_000)))
    }

    private mutating func number(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[number(in: 0...(values.count - 1))] }
}
