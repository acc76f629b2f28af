import SageResilience
import Testing

@testable import SageGateway

/// Targets of models that take over when none of the model's own answers.
struct RoutePlanStandInTests {
    /// Two targets of the model's own, one that takes over.
    private func driver(alternatives: [Fallback.Kind: [Int]] = [:], maxAttempts: Int = 10) throws -> RoutePlanDriver {
        try RoutePlanDriver(targets: 3, own: 2, alternatives: alternatives, maxAttempts: maxAttempts)
    }

    @Test func standInFollowsWithoutAWait() throws {
        var driver = try driver()
        driver.fail(0, .transient)
        driver.fail(1, .authentication)
        #expect(driver.next() == .attempt(2))
        driver.fail(2, .transient)
        #expect(driver.next() == .wait(seconds: 1))
        driver.now = Moment(nanoseconds: RoutePlanDriver.second)
        #expect(driver.next() == .attempt(0), "the model's own come first again")
        #expect(driver.plan.fallbacks == 2)
    }

    @Test func standInIsUsedInsteadOfWaitingForAPause() throws {
        var driver = try driver()
        for target in 0..<2 { driver.pauses[target] = Moment(nanoseconds: 5 * RoutePlanDriver.second) }
        #expect(driver.next() == .attempt(2))
    }

    @Test func standInIsUsedWhenCircuitsAreOpen() throws {
        var driver = try driver()
        for target in 0..<2 { driver.plan.refused(target, retryAfter: 9) }
        #expect(driver.next() == .attempt(2))
    }

    @Test(arguments: [ErrorClass.contextWindow, .contentPolicy])
    func standInThatCannotServeTheRequestIsLeftOut(errorClass: ErrorClass) throws {
        var driver = try driver()
        driver.fail(0, .transient)
        driver.fail(1, .transient)
        driver.plan.started(2)
        let isTold = driver.plan.failed(
            2, ErrorClassification(errorClass), kind: Fallback.Kind(for: errorClass))
        #expect(!isTold, "the model itself might have served it")
        #expect(driver.next() == .wait(seconds: 1))
        driver.now = Moment(nanoseconds: RoutePlanDriver.second)
        #expect(driver.next() == .attempt(0))
        driver.fail(0, .transient)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .transient)
        #expect(driver.next() != .attempt(2))
    }

    @Test func standInUsesTheModelsListsToo() throws {
        var driver = try driver(alternatives: [.contextWindow: [3]])
        driver.fail(0, .transient)
        driver.fail(1, .transient)
        driver.fail(2, .contextWindow)
        #expect(driver.next() == .attempt(3))
    }

    @Test func targetOfTwoListsIsAskedOnce() throws {
        var driver = try RoutePlanDriver(
            targets: 1, alternatives: [.contextWindow: [1, 2], .contentPolicy: [2, 1]], maxAttempts: 100)
        driver.fail(0, .contextWindow)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .contentPolicy)
        #expect(driver.next() == .attempt(2))
        driver.fail(2, .contextWindow)
        #expect(driver.next() == .fail(.spent(.permanent)))
        #expect(driver.plan.attempts == 3)
    }
}
