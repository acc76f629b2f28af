import SageResilience
import Testing

@testable import SageGateway

/// Several keys of one target: what is tried at once, and what then.
struct RoutePlanKeyTests {
    private func driver(
        keys: Int = 3, targets: Int = 2, maxAttempts: Int = 10, allowsRetry: Bool = true
    ) throws -> RoutePlanDriver {
        var driver = try RoutePlanDriver(targets: targets, maxAttempts: maxAttempts, allowsRetry: allowsRetry)
        driver.keyCounts[0] = keys
        return driver
    }

    private func seconds(_ count: Int64) -> Moment { Moment(nanoseconds: count * RoutePlanDriver.second) }

    @Test(
        "another key is tried at once, each once, and then the next target",
        arguments: [ErrorClass.authentication, .quotaExhausted, .rateLimited])
    func triesEachKeyOnce(errorClass: ErrorClass) throws {
        var driver = try driver()
        for key in 0..<3 {
            #expect(driver.next() == .attempt(0))
            #expect(driver.failKey(0, errorClass) == key)
        }
        #expect(driver.next() == .attempt(1))
        #expect(driver.plan.attempts == 3)
        #expect(driver.plan.fallbacks == 0, "another key is no fallback")
        #expect(driver.budget.activeRetries == 0, "nor a retry")
    }

    @Test func keysCountAgainstTheAttempts() throws {
        var driver = try driver(maxAttempts: 2)
        for _ in 0..<2 {
            #expect(driver.next() == .attempt(0))
            driver.failKey(0, .authentication)
        }
        #expect(driver.next() == .fail(.spent(.attemptsExhausted)))
    }

    @Test func targetWhoseKeysAreAllRefusedGetsNoSecondTurn() throws {
        var driver = try driver(keys: 2)
        for _ in 0..<2 { driver.failKey(0, .authentication) }
        driver.fail(1, .transient)
        #expect(driver.nextAfterWaiting() == .attempt(1))
        driver.fail(1, .authentication)
        #expect(driver.nextAfterWaiting() == .fail(.spent(.permanent)))
    }

    @Test func targetWhoseKeysAreAllLimitedIsCalledAgainAfterTheShortestPause() throws {
        var driver = try driver(keys: 2, targets: 1)
        driver.failKey(0, .rateLimited, hint: .wait(.seconds(9)))
        driver.failKey(0, .rateLimited, hint: .wait(.seconds(5)))
        #expect(driver.next() == .wait(seconds: 5))
        driver.now = seconds(5)
        #expect(driver.next() == .attempt(0))
        #expect(driver.key(for: 0) == 1, "the other is still paused")
    }

    @Test func refusedKeyIsNotUsedAgainWhileALimitedOneIsWaitedFor() throws {
        var driver = try driver(keys: 2, targets: 1)
        driver.failKey(0, .rateLimited, hint: .wait(.seconds(50)))
        driver.failKey(0, .authentication)
        #expect(driver.next() == .wait(seconds: 50))
        driver.now = seconds(50)
        driver.rings[0] = KeyRing(count: 2)
        #expect(driver.next() == .attempt(0))
        #expect(driver.key(for: 0) == 0, "whatever others have found out about the refused one")
        driver.failKey(0, .authentication)
        #expect(driver.next() == .fail(.spent(.permanent)))
    }

    @Test func providersTroubleDoesNotMoveToAnotherKey() throws {
        var driver = try driver()
        driver.fail(0, .overloaded)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .overloaded)
        #expect(driver.next() == .wait(seconds: 1), "and every key is in the next round again")
        driver.now = seconds(1)
        #expect(driver.next() == .attempt(0))
    }

    @Test func otherKeysAreNoRetry() throws {
        var driver = try driver(keys: 2, allowsRetry: false)
        driver.failKey(0, .rateLimited)
        #expect(driver.next() == .attempt(0))
        driver.failKey(0, .rateLimited)
        #expect(driver.next() == .attempt(1))
        driver.fail(1, .transient)
        #expect(driver.next() == .fail(.spent(.permanent)))
    }

    @Test func providerThatForbidsARetryOfALimitedRequestIsObeyed() throws {
        var driver = try driver()
        driver.failKey(0, .rateLimited, hint: .doNotRetry)
        #expect(driver.next() == .attempt(1))
    }

    @Test func providerThatForbidsARetryWithARefusedKeyMeansTheKey() throws {
        var driver = try driver()
        driver.failKey(0, .quotaExhausted, hint: .doNotRetry)
        #expect(driver.next() == .attempt(0))
    }

    @Test func keysThatOthersFoundRefusedAreALastResort() throws {
        var driver = try driver(keys: 2)
        var ring = KeyRing(count: 2)
        for key in 0..<2 { _ = ring.refuse(key, now: .zero) }
        driver.rings[0] = ring
        #expect(driver.next() == .attempt(1), "the other target is asked first")
        driver.fail(1, .transient)
        #expect(driver.next() == .attempt(0), "before anybody waits")
        driver.failKey(0, .authentication)
        #expect(driver.nextAfterWaiting() == .attempt(1), "one of them was enough")
    }

    @Test func lastResortThatIsLimitedIsWaitedForInItsQueue() throws {
        var driver = try driver(keys: 1, targets: 1)
        var ring = KeyRing(count: 1)
        _ = ring.refuse(0, now: .zero)
        driver.rings[0] = ring
        #expect(driver.next() == .attempt(0))
        driver.plan.limited(0)
        #expect(driver.next() == .queue(0))
    }

    @Test func withOneKeyEverythingIsAsWithoutKeys() throws {
        var driver = try driver(keys: 1, targets: 1)
        driver.failKey(0, .rateLimited, hint: .wait(.seconds(5)))
        #expect(driver.next() == .wait(seconds: 5))
        driver.now = seconds(5)
        driver.failKey(0, .authentication)
        #expect(driver.next() == .fail(.spent(.permanent)))
    }
}
