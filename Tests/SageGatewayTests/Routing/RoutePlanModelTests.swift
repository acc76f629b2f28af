import SageResilience
import SageTesting
import Testing

@testable import SageGateway

/// Retries, other keys, stand-ins, lists and hedges together, with random failures: one budget for everything.
struct RoutePlanModelTests {
    static let keyClasses: [ErrorClass] = [.authentication, .quotaExhausted, .rateLimited]
    static let otherClasses: [ErrorClass] = [
        .transient, .transient, .overloaded, .timeout, .unknown, .permanent, .contextWindow, .contentPolicy,
    ]

    /// A call with a key of a target.
    struct Call: Hashable {
        let target: Int
        let key: Int
    }

    /// What a request has been allowed and has done, kept apart from the plan.
    struct Record {
        var calls = 0
        /// The calls of the round: with none of them again unless a retry was reserved or a hedge was.
        var inRound: Set<Call> = []
        /// The keys that the provider refused, which are of no use for this request.
        var useless: Set<Call> = []
        /// The targets that cannot serve the request.
        var excluded: Set<Int> = []
        var isOver = false
    }

    @Test(arguments: 0..<2_000)
    func everyRequestKeepsItsOneBudgetAndEnds(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let targets = Int.random(in: 1...4, using: &random)
        let own = Int.random(in: 1...targets, using: &random)
        var alternatives: [Fallback.Kind: [Int]] = [:]
        var count = targets
        for kind in [Fallback.Kind.contextWindow, .contentPolicy] where Bool.random(using: &random) {
            alternatives[kind] = [count, count + 1].shuffled(using: &random)
            count += Int.random(in: 0...2, using: &random)
        }
        count += 2
        let maxAttempts = Int.random(in: 1...10, using: &random)
        let allowsRetry = Int.random(in: 0..<4, using: &random) > 0
        var driver = try RoutePlanDriver(
            targets: targets, own: own, alternatives: alternatives, maxAttempts: maxAttempts,
            deadline: Int64.random(in: 1...300, using: &random), allowsRetry: allowsRetry,
            backoff: .milliseconds(Int.random(in: 0...3_000, using: &random)),
            budgetFloor: Int.random(in: 0...3, using: &random))
        driver.random = .seeded(UInt64(seed))
        for target in 0..<count { driver.keyCounts[target] = Int.random(in: 1...4, using: &random) }

        var record = Record()
        var refusals = 0
        var limits = 0
        for _ in 0..<2_000 where !record.isOver {
            switch driver.next() {
            case .fail:
                record.isOver = true
            case .wait(let nanoseconds):
                #expect(nanoseconds >= 0)
                driver.now = driver.now.advanced(by: nanoseconds)
                // Only what holds a reservation may be called again; the plan is told apart by its budget.
                record.inRound = []
                refusals = 0
            case .attempt(let target) where Int.random(in: 0..<8, using: &random) == 0:
                limits += 1
                #expect(limits <= count, "a limited target is waited for in its queue, not asked again")
                driver.plan.limited(target)
            case .attempt(let target), .queue(let target):
                limits = 0
                if Int.random(in: 0..<8, using: &random) == 0 {
                    refusals += 1
                    #expect(refusals <= count, "a refused target is not asked again in the same round")
                    driver.plan.refused(target, retryAfter: nil)
                    continue
                }
                let key = try #require(driver.key(for: target), "there is a key left")
                try start(Call(target: target, key: key), &driver, &record)
                var inFlight = [Call(target: target, key: key)]
                while Bool.random(using: &random), let hedge = driver.hedge(besides: target) {
                    let offeredKey = self.key(of: hedge, driver)
                    let hedgeKey = try #require(offeredKey)
                    let call = Call(target: hedge.target, key: hedgeKey)
                    #expect(hedge.target < own || hedge.target == target || target >= targets, "no stand-in hedges")
                    #expect(allowsRetry || !inFlight.contains(call), "no key is used twice without leave")
                    record.inRound.remove(call)
                    try start(call, &driver, &record, isHedge: true)
                    inFlight.append(call)
                }
                // All fail: an answer would end the request.
                for call in inFlight.shuffled(using: &random) { fail(call, &driver, &record, &random) }
                driver.now = driver.now.advanced(by: Int64.random(in: 0...2_000_000_000, using: &random))
            }
            #expect(driver.plan.attempts == record.calls)
            #expect(record.calls <= maxAttempts)
            #expect(driver.budget.activeRetries <= count)
        }
        #expect(record.isOver, "the plan never ends")
    }

    private func start(
        _ call: Call, _ driver: inout RoutePlanDriver, _ record: inout Record, isHedge: Bool = false
    ) throws {
        #expect(!record.excluded.contains(call.target), "it cannot serve the request")
        #expect(!record.useless.contains(call), "the key was refused")
        #expect(record.inRound.insert(call).inserted, "the same target and key twice in a round")
        #expect((driver.pauses[call.target] ?? .zero) <= driver.now, "it asked for a pause")
        driver.plan.started(call.target, key: call.key, isHedge: isHedge)
        record.calls += 1
    }

    private func key(of hedge: RoutePlan.Hedge, _ driver: RoutePlanDriver) -> Int? {
        KeyChoice(count: driver.keyCounts[hedge.target] ?? 1, turn: 0, avoiding: hedge.avoidedKeys) { key in
            driver.rings[hedge.target]?.state(of: key, now: driver.now) ?? .usable
        }.key
    }

    private func fail(
        _ call: Call, _ driver: inout RoutePlanDriver, _ record: inout Record, _ random: inout SeededGenerator
    ) {
        var hint: ServerHint?
        switch Int.random(in: 0..<6, using: &random) {
        case 0: hint = .wait(.seconds(Int.random(in: 0...90, using: &random)))
        case 1: hint = .doNotRetry
        default: break
        }
        if Bool.random(using: &random), let errorClass = Self.keyClasses.randomElement(using: &random) {
            driver.failKey(call.target, errorClass, hint: hint, with: call.key)
            if errorClass.retryability == .permanent { record.useless.insert(call) }
            if hint == .doNotRetry, errorClass == .rateLimited { record.excluded.insert(call.target) }
        } else if let errorClass = Self.otherClasses.randomElement(using: &random) {
            let classification = ErrorClassification(errorClass, hint: hint)
            let kind = Fallback.Kind(for: errorClass) ?? (Bool.random(using: &random) ? nil : .general)
            driver.plan.failed(call.target, classification, kind: kind)
            if let wait = hint?.minimumWait {
                driver.pauses[call.target] = driver.now.advanced(by: wait.saturatingNanoseconds)
            }
            if errorClass.retryability == .permanent || hint == .doNotRetry { record.excluded.insert(call.target) }
        }
    }
}
