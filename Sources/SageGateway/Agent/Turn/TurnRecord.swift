import Synchronization

/// What a turn gathers for its answer while its parts run side by side, told to its clients at once.
final class TurnRecord: Sendable {
    private let feed: TurnFeed
    private let state: Mutex<TurnAnswer>

    init(_ answer: TurnAnswer, _ feed: TurnFeed) {
        state = Mutex(answer)
        self.feed = feed
    }

    /// The answer as far as it is known.
    var answer: TurnAnswer { state.withLock { $0 } }

    func update(_ change: (inout TurnAnswer) -> Void) { state.withLock { change(&$0) } }

    /// Notes that something does not work, once.
    func degrade(_ what: String, _ why: String) {
        let degradation = Degradation(what: what, why: why)
        let isNew = state.withLock { answer in
            guard !answer.degraded.contains(degradation) else { return false }
            answer.degraded.append(degradation)
            return true
        }
        if isNew { feed.send(.degraded(degradation)) }
    }
}
