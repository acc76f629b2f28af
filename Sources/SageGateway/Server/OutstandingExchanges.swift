/// Which of a connection's requests are without an answer, where clients may send the next before they have got that.
struct OutstandingExchanges: Sendable, Hashable {
    private var unanswered = 0
    /// Whether a request has begun whose end has not come; the last one then.
    private(set) var isReading = false
    /// Whether an answer is under way.
    private(set) var hasAnswerBegun = false

    /// The number of complete requests whose answers come before that to the one that is being read.
    var earlier: Int { isReading ? max(0, unanswered - 1) : unanswered }

    /// Whether the request that is being read has been answered already, as one that is too large is.
    var isAnsweredEarly: Bool { isReading && unanswered == 0 }

    mutating func requestBegan() {
        unanswered += 1
        isReading = true
    }

    mutating func requestEnded() { isReading = false }

    mutating func answerBegan() { hasAnswerBegun = true }

    mutating func answerEnded() {
        hasAnswerBegun = false
        unanswered = max(0, unanswered - 1)
    }
}
