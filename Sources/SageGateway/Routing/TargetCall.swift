import HTTPTypes
import SageLLM
import SageResilience
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A call that a target has admitted, up to the end of its answer.
///
/// The last reference to go ends the call; without a verdict by then it counts as ignored.
final class TargetCall: Sendable {
    let target: RouteTarget
    /// The position of the key that the call is made with.
    let key: Int

    private let permit: CircuitBreaker.SharedPermit
    private let limit: LimitPermit
    /// Where the call stands in the count of those with its key.
    private let mark: ProviderAllowance.Mark?
    private let isStream: Bool
    /// What a retry or a hedge holds of the target's retry budget, up to the end of its answer.
    private let reservation: RetryReservation?
    private let startedAt: Moment
    private let isAnswered = Atomic<Bool>(false)

    init(
        _ target: RouteTarget, permit: CircuitBreaker.SharedPermit, key: Int, mark: ProviderAllowance.Mark? = nil,
        limit: LimitPermit = .unlimited, isStream: Bool, reservation: RetryReservation? = nil, startedAt: Moment
    ) {
        self.target = target
        self.permit = permit
        self.limit = limit
        self.mark = mark
        self.key = key
        self.isStream = isStream
        self.reservation = reservation
        self.startedAt = startedAt
        target.begin()
    }

    deinit {
        target.end()
    }

    /// The first token of a stream has arrived: the rest of the time is the answer's, not the provider's.
    func firstTokenArrived(now: Moment) {
        permit.stopTiming()
        answered(now: now)
    }

    /// The whole answer has arrived.
    ///
    /// - Parameter now: The present, of an answer that is no stream.
    func succeed(now: Moment? = nil) {
        permit.succeed()
        target.noteSuccess()
        if let now { answered(now: now) }
    }

    private func answered(now: Moment) {
        guard isAnswered.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        target.keys.succeeded(key, startedAt: startedAt)
        target.changeLatencies {
            $0.answered(after: now.elapsed(since: startedAt), isStream: isStream, now: now)
        }
    }

    /// The answer has begun: what it says of the provider's own limits is remembered for all requests.
    func learn(from headers: HTTPFields) {
        guard let rate = RateHeaders(headers, now: Int64(Date.now.timeIntervalSince1970)) else { return }
        guard target.keys.count > 1 else { return target.limits.learn(rate, about: limit) }
        // What is left is that of one key: the others may go on.
        let now = target.breaker.timeline.now
        target.keys.learn(rate, of: key, about: mark, now: now)
        if let wait = rate.retryAfter, wait > .zero { target.restKey(key, for: wait, now: now) }
    }

    /// The provider has told what the call has used.
    func settle(_ usage: TokenCounts?) {
        if let tokens = usage?.billable { limit.settle(tokens: tokens) }
    }

    /// Corrects what the call has taken of the limits when it ends without a usage.
    private func settle(_ error: ProviderError) {
        if error.isNotSent || error.kind == .timeout(.connect) {
            limit.refund()
            if let mark { target.keys.giveBack(mark, of: key) }
        } else if error.kind == .answer {
            // A refusal has generated nothing; what a broken answer has cost nobody knows.
            limit.settle(tokens: 0)
        }
    }

    /// The call failed; what the provider asks for is remembered for all requests.
    ///
    /// To be called in the task that made the call: when that was cancelled, by a client that has left or a hedge that
    /// has won, the call counts as ignored.
    func fail(_ error: any Error, now: Moment) {
        guard !Task.isCancelled else { return permit.ignore() }
        guard let error = error as? ProviderError else { return permit.fail(error) }
        settle(error)
        let classification = error.classification
        if error.fallbackKind == .general { target.noteFailure(error, now: now) }
        guard let trouble = KeyTrouble(error) else {
            permit.fail(error)
            target.notePause(error, now: now)
            if classification.fault == .provider, !isAnswered.load(ordering: .relaxed) {
                target.changeLatencies {
                    $0.failed(after: now.elapsed(since: startedAt), isStream: isStream, now: now)
                }
            }
            return
        }
        target.noteKey(trouble, key, error, now: now)
        var others = KeySet()
        others.insert(key)
        if target.keys.availability(avoiding: others, now: now) == .ready {
            // One key of several says nothing about the target.
            permit.ignore()
        } else {
            permit.fail(error)
        }
    }

    /// Nobody is to blame: the client went away, or another call was faster.
    func ignore() {
        permit.ignore()
    }

    /// A hedge of this call was faster after this time.
    func overtaken(now: Moment) {
        permit.ignore()
        target.changeLatencies { $0.overtaken(after: now.elapsed(since: startedAt), isStream: isStream) }
    }
}
