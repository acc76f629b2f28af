import SageResilience

@testable import SageGateway

/// Plays a request's plan in virtual time, with a retry budget of its own.
struct RoutePlanDriver {
    var plan: RoutePlan
    var now = Moment.zero
    var pauses: [Int: Moment] = [:]
    /// The keys of each target, where it has more than one.
    var rings: [Int: KeyRing] = [:]
    var keyCounts: [Int: Int] = [:]
    let budget: RetryBudget
    var random = RandomSource.constant(0)

    static let second: Int64 = 1_000_000_000

    init(
        targets: Int = 2, own: Int? = nil, alternatives: [Fallback.Kind: [Int]] = [:], maxAttempts: Int = 4,
        deadline: Int64 = 120,
        allowsRetry: Bool = true, backoff: Duration = .seconds(1), budgetFloor: Int = 3
    ) throws {
        plan = RoutePlan(
            targets: targets, own: own, alternatives: alternatives, maxAttempts: maxAttempts,
            deadline: Moment(nanoseconds: deadline * Self.second), allowsRetry: allowsRetry,
            retry: try RetryConfiguration(maxAttempts: 100, backoff: .fixed(backoff)))
        budget = try RetryBudget(ratio: 0, floor: budgetFloor)
    }

    mutating func next() -> RoutePlan.Step {
        plan.next(
            now: now, random: random, availability: availability,
            budget: { [budget] _ in RetryReservation(budget) })
    }

    func availability(_ target: Int, avoiding keys: KeySet) -> TargetAvailability {
        let choice = KeyChoice(count: keyCounts[target] ?? 1, turn: 0, avoiding: keys) { key in
            rings[target]?.state(of: key, now: now) ?? .usable
        }
        guard let pause = pauses[target], pause > now, choice.availability != .exhausted else {
            return choice.availability
        }
        return .paused(until: pause)
    }

    /// The key that the next call to a target gets.
    func key(for target: Int) -> Int? {
        KeyChoice(count: keyCounts[target] ?? 1, turn: 0, avoiding: plan.avoidedKeys(of: target)) { key in
            rings[target]?.state(of: key, now: now) ?? .usable
        }.key
    }

    /// A call whose failure is about its key; gives the key.
    @discardableResult
    mutating func failKey(
        _ target: Int, _ errorClass: ErrorClass, hint: ServerHint? = nil, with given: Int? = nil
    ) -> Int {
        let key = given ?? key(for: target) ?? 0
        if given == nil { plan.started(target, key: key) }
        plan.failed(target, ErrorClassification(errorClass, hint: hint), kind: .general, key: key)
        var ring = rings[target] ?? KeyRing(count: keyCounts[target] ?? 1)
        if errorClass.retryability == .permanent { _ = ring.refuse(key, now: now) }
        if let wait = hint?.minimumWait { ring.pause(key, until: now.advanced(by: wait.saturatingNanoseconds)) }
        rings[target] = ring
        return key
    }

    /// Where a hedge of a call goes.
    mutating func hedge(besides target: Int) -> RoutePlan.Hedge? {
        plan.hedge(
            besides: target, now: now, availability: availability,
            budget: { [budget] _ in RetryReservation(budget) })
    }

    /// The target of a hedge of a call.
    mutating func hedgeTarget(besides target: Int) -> Int? { hedge(besides: target)?.target }

    /// A call that fails.
    mutating func fail(
        _ target: Int, _ errorClass: ErrorClass, hint: ServerHint? = nil, isRequestsFault: Bool = false
    ) {
        plan.started(target)
        plan.failed(
            target, ErrorClassification(errorClass, hint: hint),
            kind: Fallback.Kind(for: errorClass) ?? (isRequestsFault ? nil : .general))
        if case .wait(let wait) = hint { pauses[target] = now.advanced(by: wait.saturatingNanoseconds) }
    }

    /// The next step with its waits passed; the seconds waited are counted.
    mutating func nextAfterWaiting() -> RoutePlan.Step {
        let step = next()
        guard case .wait(let nanoseconds) = step else { return step }
        now = now.advanced(by: nanoseconds)
        return nextAfterWaiting()
    }
}

extension RoutePlan.Step {
    static func wait(seconds: Double) -> RoutePlan.Step {
        .wait(nanoseconds: Int64(seconds * 1e9))
    }
}
