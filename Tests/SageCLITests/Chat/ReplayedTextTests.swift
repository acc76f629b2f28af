import Testing

@testable import SageCLI

struct ReplayedTextTests {
    /// What is shown when an answer comes in these pieces, nil being a restart.
    private func shown(_ pieces: [String?], answer: String? = nil) -> String {
        var text = ReplayedText()
        var shown = ""
        for piece in pieces {
            if let piece { shown += text.receive(piece) } else { text.restart() }
        }
        if let answer { shown += text.finish(answer) }
        return shown
    }

    @Test(
        arguments: [
            // Without a break everything is shown as it comes.
            (["one ", "two"], "one two"),
            // The same answer again, in other pieces, shows only what is new.
            (["one ", nil, "o", "ne two", " three"], "one two three"),
            (["one ", nil, "one ", "two"], "one two"),
            // It breaks again before the old end.
            (["one two", nil, "one", nil, "one two three"], "one two three"),
            // Another answer begins on a line of its own.
            (["one two", nil, "one 2", " 3"], "one two\none 2 3"),
            // A restart before anything was shown changes nothing.
            ([nil, "one"], "one"),
            // A character cut in the middle by nobody: pieces are whole strings.
            (["é", nil, "é", "e"], "ée"),
        ] as [([String?], String)])
    func showsEachPartOnce(pieces: [String?], expected: String) {
        #expect(shown(pieces) == expected)
    }

    @Test(
        arguments: [
            (["one"], "one two", "one two"), ([], "one", "one"), (["one"], "one", "one"), (["one"], "two", "one\ntwo"),
            (["one two", nil, "one"], "one two three", "one two three"),
        ] as [([String?], String, String)])
    func theWholeAnswerShowsWhatIsMissing(pieces: [String?], answer: String, expected: String) {
        #expect(shown(pieces, answer: answer) == expected)
    }
}
