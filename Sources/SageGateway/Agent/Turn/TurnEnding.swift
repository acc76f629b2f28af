import SageLLM
import SageSessions
import Synchronization

/// The end of a turn that has an answer, to be written until it is.
final class TurnEnding: Sendable {
    private let turn: OpenTurn
    private let note: EntryPayload?
    private let noteID = StoreEnvironment.randomIdentifier()
    private let end: TurnEnd
    private let wasTried = Atomic(false)

    /// - Parameters:
    ///   - turn: The turn.
    ///   - note: What the end does not say of the answer.
    ///   - end: The end.
    init(_ turn: OpenTurn, note: JSONValue?, _ end: TurnEnd) {
        self.turn = turn
        self.note = note.flatMap { try? JSONText($0.description) }.map { .note($0) }
        self.end = end
    }

    /// Writes it; once, however often it is tried.
    ///
    /// - Throws: What the store throws.
    func write() async throws {
        let isAgain = wasTried.exchange(true, ordering: .relaxed)
        do {
            if let note { try await turn.append([note], ids: [noteID]) }
            try await turn.end(
                answer: end.answer, model: end.model, target: end.target, usage: end.usage,
                stopReason: end.stopReason)
        } catch SessionError.turnEnded where isAgain {
            // Nobody else could end it: an attempt before was done although its answer was lost.
        }
    }
}

extension GatewayError {
    /// What a client is told when the answer is there and its end cannot be written yet.
    init(unstored error: any Error) {
        let why = GatewayError(store: error)
        self.init(
            .storeUnavailable,
            "the answer is whole but could not be stored yet, which is being tried again; ask again with the same "
                + "idempotency key (\(why.message))", retryAfter: why.retryAfter ?? .seconds(1))
    }
}
