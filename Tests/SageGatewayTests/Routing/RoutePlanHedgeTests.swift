import SageResilience
import Testing

@testable import SageGateway

/// Where a second call goes beside one that takes long.
struct RoutePlanHedgeTests {
    private func started(
        _ driver: RoutePlanDriver, _ target: Int = 0, key: Int = 0
    ) -> RoutePlanDriver {
        var driver = driver
        driver.plan.started(target, key: key)
        return driver
    }

    @Test func goesToTheNextTargetThatCanBeCalled() throws {
        var driver = started(try RoutePlanDriver(targets: 4))
        driver.pauses[1] = Moment(nanoseconds: 1)
        driver.plan.refused(2, retryAfter: nil)
        #expect(driver.hedgeTarget(besides: 0) == 3)
    }

    @Test func limitedTargetIsPassedOver() throws {
        var driver = started(try RoutePlanDriver(targets: 2))
        driver.plan.limited(1)
        #expect(driver.hedgeTarget(besides: 0) == 0)
        driver.plan.limited(0)
        #expect(driver.hedgeTarget(besides: 0) == nil)
    }

    @Test func isAnAttemptAndARetryOfTheBudgetButNoFallback() throws {
        var driver = started(try RoutePlanDriver(targets: 2, maxAttempts: 2))
        do {
            let offered = driver.hedge(besides: 0)
            let hedge = try #require(offered)
            driver.plan.started(hedge.target, isHedge: true)
            #expect(driver.budget.activeRetries == 1)
            #expect(driver.hedgeTarget(besides: 0) == nil, "there is no third attempt")
        }
        #expect(driver.budget.activeRetries == 0, "the call holds it")
        #expect(driver.plan.attempts == 2)
        #expect(driver.plan.hedges == 1)
        #expect(driver.plan.fallbacks == 0)
        driver.plan.failed(0, ErrorClassification(.transient), kind: .general)
        driver.plan.failed(1, ErrorClassification(.transient), kind: .general)
        #expect(driver.next() == .fail(.spent(.attemptsExhausted)))
    }

    @Test func usedUpBudgetRefusesIt() throws {
        var driver = started(try RoutePlanDriver(targets: 2, budgetFloor: 0))
        #expect(driver.hedgeTarget(besides: 0) == nil)
        driver.plan.failed(0, ErrorClassification(.transient), kind: .general)
        #expect(driver.next() == .attempt(1), "a refused hedge costs nothing")
    }

    @Test func deadlineAndEndingsRefuseIt() throws {
        var late = started(try RoutePlanDriver(targets: 2, deadline: 1))
        late.now = Moment(nanoseconds: RoutePlanDriver.second)
        #expect(late.hedgeTarget(besides: 0) == nil)
        var over = started(try RoutePlanDriver(targets: 2))
        over.plan.failed(0, ErrorClassification(.permanent), kind: nil)
        #expect(over.hedgeTarget(besides: 0) == nil)
    }

    @Test func withoutAnotherTargetItTakesAnotherKey() throws {
        var driver = try RoutePlanDriver(targets: 1)
        driver.keyCounts[0] = 3
        driver = started(driver, key: 1)
        var offered = driver.hedge(besides: 0)
        var hedge = try #require(offered)
        #expect(hedge.target == 0)
        #expect(hedge.avoidedKeys.contains(1) && !hedge.avoidedKeys.contains(0))
        for key in [0, 2] { driver.plan.started(0, key: key, isHedge: true) }
        offered = driver.hedge(besides: 0)
        hedge = try #require(offered)
        #expect(hedge.avoidedKeys.isEmpty, "then the same one, over another connection")
    }

    @Test func withoutRetriesNoKeyIsUsedTwice() throws {
        var driver = try RoutePlanDriver(targets: 1, allowsRetry: false)
        driver.keyCounts[0] = 2
        driver = started(driver)
        #expect(driver.hedgeTarget(besides: 0) != nil)
        driver.plan.started(0, key: 1, isHedge: true)
        #expect(driver.hedgeTarget(besides: 0) == nil)
    }

    @Test func modelsThatTakeOverAreNoHedges() throws {
        var driver = started(try RoutePlanDriver(targets: 2, own: 1))
        #expect(driver.hedgeTarget(besides: 0) == 0)
    }

    @Test func withinAListItGoesToAnotherOfTheList() throws {
        var driver = try RoutePlanDriver(targets: 2, alternatives: [.contextWindow: [3, 2]])
        driver.fail(0, .contextWindow)
        #expect(driver.next() == .attempt(3))
        driver.plan.started(3)
        #expect(driver.hedgeTarget(besides: 3) == 2)
    }

    @Test func targetThatHasFailedIsNotUsed() throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.fail(0, .transient)
        driver.plan.started(1)
        #expect(driver.hedgeTarget(besides: 1) == 1)
    }

    @Test(arguments: [(false, nil, 0), (true, nil, 2), (false, true, 2), (true, false, 0), (false, false, 0)])
    func clientsWishCountsMoreThanThePolicy(isEnabled: Bool, wish: Bool?, allowed: Int) {
        var hedge = GatewayConfiguration.Policy.Hedge()
        hedge.isEnabled = isEnabled
        hedge.maxHedges = 2
        #expect(HedgeRule(hedge).allowance(wish: wish) == allowed)
    }

    @Test func ruleIsThatOfTheFile() {
        var hedge = GatewayConfiguration.Policy.Hedge()
        #expect(HedgeRule(hedge).delay == .percentile(0.95))
        hedge.delay = .fixed(.milliseconds(500))
        #expect(HedgeRule(hedge).delay == .fixed(500_000_000))
    }
}
