/// What is shown of an answer that may be sent again from its beginning after an interruption.
///
/// What has been shown is not shown twice, as long as the answer is the same; another one begins anew.
struct ReplayedText {
    private(set) var shown = ""
    private var replayed = ""
    private var isReplaying = false

    /// The answer begins again.
    mutating func restart() {
        isReplaying = !shown.isEmpty
        replayed = ""
    }

    /// Takes the next piece of the answer.
    ///
    /// - Returns: What is to be shown now.
    mutating func receive(_ piece: String) -> String {
        guard isReplaying else {
            shown += piece
            return piece
        }
        replayed += piece
        if shown.utf8.starts(with: replayed.utf8) {
            if replayed.utf8.count == shown.utf8.count { isReplaying = false }
            return ""
        }
        isReplaying = false
        defer { shown = replayed }
        guard replayed.utf8.starts(with: shown.utf8) else { return "\n" + replayed }
        return String(decoding: replayed.utf8.dropFirst(shown.utf8.count), as: UTF8.self)
    }

    /// The answer as a whole, from the event that ends it.
    ///
    /// - Returns: What has not been shown of it.
    mutating func finish(_ answer: String) -> String {
        isReplaying = false
        defer { shown = answer }
        guard answer.utf8.starts(with: shown.utf8) else { return "\n" + answer }
        return String(decoding: answer.utf8.dropFirst(shown.utf8.count), as: UTF8.self)
    }
}
