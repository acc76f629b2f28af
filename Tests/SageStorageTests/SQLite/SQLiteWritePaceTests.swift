import Testing

@testable import SageStorage

struct SQLiteWritePaceTests {
    /// What was written last, how many wait together now, and how long the next one is waited for.
    struct Case: Sendable, CustomTestStringConvertible {
        var group: Int
        var commit: Duration
        var count: Int
        var expected: Duration?

        var testDescription: String { "\(group) in \(commit), now \(count)" }

        static let all: [Case] = [
            Case(group: 1, commit: .milliseconds(8), count: 1, expected: nil),
            Case(group: 32, commit: .milliseconds(8), count: 1, expected: .milliseconds(1)),
            Case(group: 32, commit: .milliseconds(8), count: 31, expected: .milliseconds(1)),
            Case(group: 32, commit: .milliseconds(8), count: 32, expected: nil),
            Case(group: 32, commit: .milliseconds(8), count: 40, expected: nil),
            Case(group: 2, commit: .microseconds(400), count: 1, expected: .microseconds(50)),
            // A disk that is as fast as the wait itself is not worth waiting for.
            Case(group: 32, commit: .microseconds(399), count: 1, expected: nil),
            Case(group: 32, commit: .zero, count: 1, expected: nil),
            Case(group: 32, commit: .seconds(3), count: 1, expected: .milliseconds(2)),
        ]
    }

    @Test(arguments: Case.all)
    func waitsForThoseWhoCameTogether(example: Case) {
        let pace = SQLiteWritePace()
        pace.record(group: example.group, commit: example.commit)
        #expect(pace.patience(withGroup: example.count) == example.expected)
    }

    @Test func aNewDatabaseWaitsForNobody() {
        #expect(SQLiteWritePace().patience(withGroup: 1) == nil)
    }

    @Test func oneSlowCommitChangesLittle() {
        let pace = SQLiteWritePace()
        pace.record(group: 4, commit: .microseconds(800))
        pace.record(group: 4, commit: .microseconds(8_800))
        #expect(pace.patience(withGroup: 1) == .microseconds(225))
    }
}
