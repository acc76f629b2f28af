import SageLLM
import SageResilience

/// How many requests and tokens a provider still grants by its own account, counted down until its next answer.
///
/// An answer tells what was left when its request was counted; what was sent after that request is subtracted, and so
/// is everything that is sent from now on. When nothing is left nobody is admitted until the reset, or until a newer
/// answer says that there is more. It only ever restricts: what a provider grants beyond the configured limits is not
/// used. Of answers that arrive in another order than their requests were sent, the youngest request's counts.
struct ProviderAllowance: Sendable {
    /// Where a call stands in the count of calls.
    struct Mark: Sendable, Hashable {
        /// The calls admitted up to this one, itself included.
        let requests: Int
        /// Their tokens by estimate.
        let tokens: Int
        /// The call's own tokens by estimate.
        let estimate: Int
    }

    enum Admission: Sendable, Hashable {
        case admitted(Mark)
        /// Nothing is left until this moment.
        case refused(until: Moment)
    }

    private struct Window: Sendable {
        var left: Int
        let limit: Int?
        let until: Moment

        mutating func use(_ amount: Int) { left = left.subtractingSaturating(amount) }
    }

    /// An estimate of tokens may be far too high: it keeps a call back only when less than this part of the limit is
    /// left.
    private static let scarcePart = 16

    private var requests: Window?
    private var tokens: Window?
    private var admittedRequests = 0
    private var admittedTokens = 0
    /// The call whose answer was learned from last.
    private var learned = Mark(requests: 0, tokens: 0, estimate: 0)

    /// Counts a call, unless nothing is left for it.
    mutating func admit(_ estimate: Int, now: Moment) -> Admission {
        if let moment = blockedUntil(estimate, now: now) { return .refused(until: moment) }
        admittedRequests &+= 1
        admittedTokens = admittedTokens.addingSaturating(estimate)
        requests?.use(1)
        tokens?.use(estimate)
        return .admitted(Mark(requests: admittedRequests, tokens: admittedTokens, estimate: estimate))
    }

    /// Until when a call would not be admitted; nil when it would.
    mutating func blockedUntil(_ estimate: Int, now: Moment) -> Moment? {
        if let window = requests, window.until <= now { requests = nil }
        if let window = tokens, window.until <= now { tokens = nil }
        var until: Moment?
        if let requests, requests.left <= 0 { until = requests.until }
        if let tokens, tokens.left < max(1, min(estimate, (tokens.limit ?? 0) / Self.scarcePart)) {
            until = max(until ?? tokens.until, tokens.until)
        }
        return until
    }

    /// A call that was counted was never sent.
    mutating func giveBack(_ mark: Mark) {
        guard mark.requests > learned.requests else { return }
        requests?.use(-1)
        tokens?.use(-mark.estimate)
    }

    /// Takes over what an answer says.
    ///
    /// - Parameters:
    ///   - headers: What it says.
    ///   - mark: The call that it answers; nil for one that was sent before counting began.
    ///   - longest: The longest time for which it is believed, in nanoseconds.
    ///   - now: The present.
    mutating func learn(_ headers: RateHeaders, about mark: Mark?, longest: Int64, now: Moment) {
        let mark = mark ?? Mark(requests: admittedRequests, tokens: admittedTokens, estimate: 0)
        guard mark.requests >= learned.requests else { return }
        learned = mark
        requests = headers.requests.flatMap {
            Self.window($0, usedSince: admittedRequests - mark.requests, longest, now)
        }
        tokens = headers.scarcestTokens.flatMap {
            Self.window($0, usedSince: admittedTokens.subtractingSaturating(mark.tokens), longest, now)
        }
    }

    private static func window(
        _ window: RateHeaders.Window, usedSince: Int, _ longest: Int64, _ now: Moment
    ) -> Window? {
        let reset = min(window.reset.saturatingNanoseconds, longest)
        guard reset > 0 else { return nil }
        return Window(
            left: window.remaining.subtractingSaturating(usedSince), limit: window.limit,
            until: now.advanced(by: reset))
    }
}
