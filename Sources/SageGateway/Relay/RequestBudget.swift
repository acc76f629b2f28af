import SageLLM
import SageResilience

/// How many calls and how much time one request has.
struct RequestBudget {
    let maxAttempts: Int
    /// When the answer must be there, or a stream have begun.
    let deadline: Moment
    /// When a stream must have ended; nil lets it go on as long as tokens come.
    let streamEnd: Moment?
    /// Whether the client has chosen the deadline, rather than the policy.
    let isClients: Bool
    /// How long a call for a whole answer may take because the client waits so long; nil when it has not said.
    let clientsShare: Duration?

    /// - Parameters:
    ///   - policy: The model's policy.
    ///   - options: What the client says.
    ///   - isStream: Whether the answer is a stream, of which only the beginning is waited for.
    ///   - targets: How many targets the model has: one that hangs must leave time for the others.
    ///   - now: The present.
    init(_ policy: TargetPolicy, _ options: ClientOptions, isStream: Bool = false, targets: Int = 1, now: Moment) {
        // The client's library repeats whole requests: its attempts count as ours.
        maxAttempts = max(1, policy.retry.maxAttempts - options.previousAttempts)
        // A little earlier than the client gives up, so that it is Sage's answer that it gets.
        let patience = options.readTimeout.map { $0 * 0.95 }
        var total = policy.deadline
        // The defaults are for clients that do not say how long they wait.
        if !isStream, policy.hasDefaultDeadline, let patience {
            total = max(total, min(patience, policy.maxClientWait))
        }
        total = min(total, options.timeout ?? total)
        // The policy's deadline is about when an answer begins: how long it is nobody knows before.
        let streamTotal = [policy.limits.streamTotal, options.timeout].compactMap(\.self).min()
        streamEnd = streamTotal.map { ModelExchange.present.advanced(by: $0.saturatingNanoseconds) }
        let untilAnswer = min(total, patience ?? total)
        deadline = now.advanced(by: untilAnswer.saturatingNanoseconds)
        isClients = untilAnswer < policy.deadline
        clientsShare = isStream || patience == nil ? nil : untilAnswer / max(1, min(targets, maxAttempts))
    }

    func timeUntilAnswer(now: Moment) -> Duration {
        .nanoseconds(deadline.elapsed(since: now))
    }
}
