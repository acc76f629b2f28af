import SageResilience
import Testing

@testable import SageGateway

struct RoutePlanTests {
    // MARK: Order

    @Test func goesToTheFirstTargetFirst() throws {
        var driver = try RoutePlanDriver()
        #expect(driver.next() == .attempt(0))
        #expect(driver.plan.attempts == 0, "an attempt counts when it is made")
    }

    @Test func peerIsTriedAtOnceAndOnlyAFullRoundIsFollowedByAWait() throws {
        var driver = try RoutePlanDriver(targets: 3)
        for target in 0..<3 {
            #expect(driver.next() == .attempt(target))
            driver.fail(target, .transient)
        }
        #expect(driver.budget.activeRetries == 0)
        #expect(driver.next() == .wait(seconds: 1))
        #expect(driver.budget.activeRetries == 3)
        driver.now = Moment(nanoseconds: RoutePlanDriver.second)
        #expect(driver.next() == .attempt(0))
        #expect(driver.plan.attempts == 3)
        #expect(driver.plan.fallbacks == 2)
    }

    @Test func changesOfTargetAreFallbacks() throws {
        var driver = try RoutePlanDriver(targets: 1)
        driver.fail(0, .transient)
        driver.fail(0, .transient)
        #expect(driver.plan.attempts == 2)
        #expect(driver.plan.fallbacks == 0)
    }

    // MARK: Limits

    @Test func attemptsAreNeverMoreThanAllowed() throws {
        var driver = try RoutePlanDriver(targets: 3, maxAttempts: 2)
        driver.fail(0, .transient)
        driver.fail(1, .transient)
        #expect(driver.next() == .fail(.spent(.attemptsExhausted)))
        #expect(driver.next() == .fail(.spent(.attemptsExhausted)), "an ending stays")
    }

    @Test func deadlineEndsTheRequest() throws {
        var driver = try RoutePlanDriver(deadline: 10)
        driver.now = Moment(nanoseconds: 10 * RoutePlanDriver.second)
        #expect(driver.next() == .fail(.spent(.deadlineExceeded)))
    }

    @Test func waitThatWouldEndAfterTheDeadlineIsNotBegun() throws {
        var driver = try RoutePlanDriver(targets: 1, deadline: 1, backoff: .seconds(1))
        driver.fail(0, .transient)
        #expect(driver.next() == .fail(.spent(.deadlineExceeded)))
        #expect(driver.budget.activeRetries == 0)
    }

    @Test func usedUpBudgetEndsTheRequest() throws {
        var driver = try RoutePlanDriver(targets: 2, budgetFloor: 0)
        driver.fail(0, .transient)
        #expect(driver.next() == .attempt(1), "the first round costs no retry")
        driver.fail(1, .transient)
        #expect(driver.next() == .fail(.spent(.budgetExhausted)))
    }

    @Test func reservationEndsWithThePlan() throws {
        let budget: RetryBudget
        do {
            var driver = try RoutePlanDriver(targets: 1)
            driver.fail(0, .transient)
            _ = driver.next()
            budget = driver.budget
            #expect(budget.activeRetries == 1)
        }
        #expect(budget.activeRetries == 0)
    }

    @Test func eachRoundHoldsOneReservation() throws {
        var driver = try RoutePlanDriver(targets: 1, maxAttempts: 10)
        for _ in 0..<5 {
            #expect(driver.nextAfterWaiting() == .attempt(0))
            #expect(driver.budget.activeRetries <= 1)
            driver.fail(0, .transient)
        }
    }

    @Test func withoutRetryEachTargetIsCalledOnce() throws {
        var driver = try RoutePlanDriver(targets: 2, allowsRetry: false)
        driver.fail(0, .transient)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .transient)
        #expect(driver.next() == .fail(.spent(.permanent)))
    }

    // MARK: Kinds of failures

    @Test(arguments: [ErrorClass.authentication, .quotaExhausted])
    func faultOfTheAccountMovesOnOnce(errorClass: ErrorClass) throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.fail(0, errorClass)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .transient)
        #expect(driver.nextAfterWaiting() == .attempt(1), "the first target is not asked again")
        driver.fail(1, errorClass)
        #expect(driver.next() == .fail(.spent(.permanent)))
    }

    @Test func unknownModelMovesOnOnce() throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.fail(0, .permanent, isRequestsFault: false)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .permanent, isRequestsFault: false)
        #expect(driver.next() == .fail(.spent(.permanent)))
    }

    @Test func faultOfTheRequestEndsIt() throws {
        var driver = try RoutePlanDriver(targets: 3)
        driver.fail(0, .permanent, isRequestsFault: true)
        #expect(driver.next() == .fail(.requestRefused))
    }

    @Test func targetThatForbidsARetryIsNotCalledAgain() throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.fail(0, .transient, hint: .doNotRetry)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .transient)
        #expect(driver.nextAfterWaiting() == .attempt(1))
    }

    @Test func unknownFailureIsTriedAgainOnce() throws {
        var driver = try RoutePlanDriver(targets: 1, maxAttempts: 10)
        driver.fail(0, .unknown)
        #expect(driver.nextAfterWaiting() == .attempt(0))
        driver.fail(0, .unknown)
        #expect(driver.nextAfterWaiting() == .fail(.spent(.permanent)))
    }

    // MARK: Circuit breakers

    @Test func refusedTargetIsSkippedWithoutWaiting() throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.plan.refused(0, retryAfter: 5)
        #expect(driver.next() == .attempt(1))
        #expect(driver.plan.attempts == 0)
    }

    @Test func openCircuitsEverywhereEndTheRequestWithTheEarliestProbe() throws {
        var driver = try RoutePlanDriver(targets: 3)
        driver.plan.refused(0, retryAfter: 5)
        driver.plan.refused(1, retryAfter: 3)
        driver.plan.refused(2, retryAfter: nil)
        #expect(driver.next() == .fail(.circuitOpen(retryAfter: 3)))
    }

    @Test func circuitThatOpensDuringTheRequestEndsItWithTheLastError() throws {
        var driver = try RoutePlanDriver(targets: 1)
        driver.fail(0, .transient)
        #expect(driver.nextAfterWaiting() == .attempt(0))
        driver.plan.refused(0, retryAfter: 5)
        #expect(driver.next() == .fail(.spent(.rejected)))
    }

    @Test func refusedTargetIsAskedAgainInTheNextRound() throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.plan.refused(0, retryAfter: 5)
        driver.fail(1, .transient)
        #expect(driver.next() == .wait(seconds: 1))
        driver.now = Moment(nanoseconds: RoutePlanDriver.second)
        #expect(driver.next() == .attempt(0))
    }

    // MARK: Pauses

    @Test func hintOfTheOnlyTargetIsWaitedFor() throws {
        var driver = try RoutePlanDriver(targets: 1)
        driver.fail(0, .rateLimited, hint: .wait(.seconds(5)))
        #expect(driver.next() == .wait(seconds: 5))
    }

    @Test func clientsThatWereToldTheSameTimeComeBackSpread() throws {
        var driver = try RoutePlanDriver(targets: 1)
        driver.random = .constant(0.5)
        driver.fail(0, .rateLimited, hint: .wait(.seconds(10)))
        #expect(driver.next() == .wait(seconds: 10.5))
    }

    @Test func peerIsUsedInsteadOfWaitingForAPause() throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.pauses[0] = Moment(nanoseconds: 5 * RoutePlanDriver.second)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .transient)
        #expect(driver.next() == .wait(seconds: 1), "the shortest pause counts")
    }

    @Test func pauseThatSomebodyElseWasToldIsWaitedFor() throws {
        var driver = try RoutePlanDriver(targets: 1)
        driver.pauses[0] = Moment(nanoseconds: 5 * RoutePlanDriver.second)
        #expect(driver.next() == .wait(seconds: 5))
        #expect(driver.budget.activeRetries == 0, "it is not a retry")
        driver.now = Moment(nanoseconds: 5 * RoutePlanDriver.second)
        #expect(driver.next() == .attempt(0))
    }

    @Test(arguments: [false, true])
    func pauseAboveTheCapFailsAtOnce(isOwn: Bool) throws {
        var driver = try RoutePlanDriver(targets: 1)
        if isOwn {
            driver.fail(0, .rateLimited, hint: .wait(.seconds(61)))
        } else {
            driver.pauses[0] = Moment(nanoseconds: 61 * RoutePlanDriver.second)
        }
        #expect(driver.next() == .fail(.paused(retryAfter: 61 * RoutePlanDriver.second)))
        #expect(driver.budget.activeRetries == 0)
    }

    @Test(arguments: [false, true])
    func pauseBeyondTheDeadlineFailsAtOnce(isOwn: Bool) throws {
        var driver = try RoutePlanDriver(targets: 1, deadline: 10)
        if isOwn {
            driver.fail(0, .rateLimited, hint: .wait(.seconds(10)))
        } else {
            driver.pauses[0] = Moment(nanoseconds: 10 * RoutePlanDriver.second)
        }
        #expect(driver.next() == .fail(.paused(retryAfter: 10 * RoutePlanDriver.second)))
        #expect(driver.budget.activeRetries == 0)
    }

    // MARK: Alternatives

    @Test(arguments: [(ErrorClass.contextWindow, 2), (.contentPolicy, 3)])
    func requestThatTheModelCannotServeGoesToItsOwnList(errorClass: ErrorClass, target: Int) throws {
        var driver = try RoutePlanDriver(
            targets: 2, alternatives: [.contextWindow: [2], .contentPolicy: [3]])
        driver.fail(0, errorClass, isRequestsFault: true)
        #expect(driver.next() == .attempt(target), "the model's other target would refuse it too")
        driver.fail(target, errorClass, isRequestsFault: true)
        #expect(driver.next() == .fail(.requestRefused))
    }

    @Test(arguments: [ErrorClass.contextWindow, .contentPolicy])
    func withoutAListTheRequestEnds(errorClass: ErrorClass) throws {
        var driver = try RoutePlanDriver(targets: 2)
        driver.fail(0, errorClass, isRequestsFault: true)
        #expect(driver.next() == .fail(.requestRefused))
    }

    @Test func listsThatPointAtEachOtherEnd() throws {
        var driver = try RoutePlanDriver(
            targets: 1, alternatives: [.contextWindow: [1], .contentPolicy: [2]], maxAttempts: 100)
        driver.fail(0, .contextWindow, isRequestsFault: true)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .contentPolicy, isRequestsFault: true)
        #expect(driver.next() == .attempt(2))
        driver.fail(2, .contextWindow, isRequestsFault: true)
        #expect(driver.next() == .fail(.spent(.permanent)), "every target has refused")
    }
}
