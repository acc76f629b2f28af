import SageResilience
import SageTesting
import Testing

@testable import SageGateway

/// Whatever targets do, a plan ends, and keeps its limits on the way.
struct RoutePlanPropertyTests {
    static let classes: [ErrorClass] = [
        .transient, .transient, .transient, .rateLimited, .overloaded, .timeout, .permanent, .authentication,
        .quotaExhausted, .contextWindow, .contentPolicy, .unknown,
    ]

    @Test(arguments: 0..<1_000)
    func everyPlanEndsWithinItsLimits(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let targets = Int.random(in: 1...4, using: &random)
        let maxAttempts = Int.random(in: 1...8, using: &random)
        var alternatives: [Fallback.Kind: [Int]] = [:]
        var count = targets
        for kind in [Fallback.Kind.contextWindow, .contentPolicy] where Bool.random(using: &random) {
            let others = Int.random(in: 1...2, using: &random)
            alternatives[kind] = Array(count..<(count + others))
            count += others
        }
        var driver = try RoutePlanDriver(
            targets: targets, alternatives: alternatives, maxAttempts: maxAttempts,
            deadline: Int64.random(in: 1...300, using: &random), allowsRetry: Int.random(in: 0..<4, using: &random) > 0,
            backoff: .milliseconds(Int.random(in: 0...3_000, using: &random)),
            budgetFloor: Int.random(in: 0...2, using: &random))
        driver.random = .seeded(UInt64(seed))

        var excluded: Set<Int> = []
        var refusalsInARow = 0
        var waitedLast = false
        var isOver = false
        for _ in 0..<1_000 where !isOver {
            switch driver.next() {
            case .fail:
                isOver = true
            case .wait(let nanoseconds):
                #expect(!waitedLast, "two waits with nothing between them")
                #expect(nanoseconds >= 0)
                waitedLast = true
                refusalsInARow = 0
                driver.now = driver.now.advanced(by: nanoseconds)
            case .attempt(let target), .queue(let target):
                waitedLast = false
                #expect(!excluded.contains(target), "it cannot answer this request")
                #expect((driver.pauses[target] ?? .zero) <= driver.now, "it asked for a pause")
                if Int.random(in: 0..<5, using: &random) == 0 {
                    refusalsInARow += 1
                    #expect(refusalsInARow <= count, "a refused target is not asked again in the same round")
                    driver.plan.refused(target, retryAfter: Int64.random(in: 0...100, using: &random))
                    continue
                }
                refusalsInARow = 0
                let errorClass = try #require(Self.classes.randomElement(using: &random))
                var hint: ServerHint?
                switch Int.random(in: 0..<6, using: &random) {
                case 0: hint = .wait(.seconds(Int.random(in: 0...90, using: &random)))
                case 1: hint = .doNotRetry
                default: break
                }
                driver.fail(
                    target, errorClass, hint: hint,
                    isRequestsFault: errorClass == .permanent && Bool.random(using: &random))
                if errorClass.retryability == .permanent || hint == .doNotRetry { excluded.insert(target) }
                driver.now = driver.now.advanced(by: Int64.random(in: 0...5_000_000_000, using: &random))
            }
            #expect(driver.plan.attempts <= maxAttempts)
            #expect(driver.budget.activeRetries <= count, "one for each target that is called again")
        }
        #expect(isOver, "the plan never ends")
        // An ending holds its reservation no longer than the plan itself.
        let budget = driver.budget
        driver = try RoutePlanDriver()
        #expect(budget.activeRetries == 0)
    }
}
