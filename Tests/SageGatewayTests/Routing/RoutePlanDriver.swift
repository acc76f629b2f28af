import SageResilience

@testable import SageGateway

/// Plays a request's plan in virtual time, with a retry budget of its own.
struct RoutePlanDriver {
    var plan: RoutePlan
    var now = Moment.zero
    var pauses: [Int: Moment] = [:]
    let budget: RetryBudget
    var random = RandomSource.constant(0)

    static let second: Int64 = 1_000_000_000

    init(
        targets: Int = 2, alternatives: [Fallback.Kind: Range<Int>] = [:], maxAttempts: Int = 4, deadline: Int64 = 120,
        allowsRetry: Bool = true, backoff: Duration = .seconds(1), budgetFloor: Int = 3
    ) throws {
        plan = RoutePlan(
            targets: 0..<targets, alternatives: alternatives, maxAttempts: maxAttempts,
            deadline: Moment(nanoseconds: deadline * Self.second), allowsRetry: allowsRetry,
            retry: try RetryConfiguration(maxAttempts: 100, backoff: .fixed(backoff)))
        budget = try RetryBudget(ratio: 0, floor: budgetFloor)
    }

    mutating func next() -> RoutePlan.Step {
        plan.next(
            now: now, random: random, pausedUntil: { [pauses] in pauses[$0] ?? .zero },
            budget: { [budget] _ in RetryReservation(budget) })
    }

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
