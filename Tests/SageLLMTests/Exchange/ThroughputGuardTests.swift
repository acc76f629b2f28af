import SageResilience
import Testing

@testable import SageLLM

struct ThroughputGuardTests {
    private func at(_ seconds: Double) -> Moment { .zero.advanced(by: .seconds(seconds)) }

    /// When tokens come, and which of them tell that the stream is too slow, at 1 a second over 10 s.
    @Test(
        arguments: [
            ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], []),
            ([0, 5, 9.9, 10], [3]),
            ([0, 25], [1]),
            ([0, 9.99], []),
            // Each stretch counts for itself: a fast one does not make up for the next.
            ([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 10, 15, 20], [12]),
        ] as [([Double], [Int])])
    func tellsADrip(_ tokens: [Double], _ slow: [Int]) {
        var guardian = ThroughputGuard(minimum: 1, over: .seconds(10))
        var found: [Int] = []
        for (index, second) in tokens.enumerated() where guardian.token(now: at(second)) { found.append(index) }
        #expect(found == slow)
    }

    /// How long it may be silent after tokens at these moments, at 2 a second over 10 s.
    @Test(
        arguments: [
            ([], nil), ([0], 10), ([0, 4], 6),
            // More than enough has come: it lasts longer than the stretch.
            ([0] + Array(repeating: 5, count: 30), 10),
        ] as [([Double], Double?)])
    func tellsHowLongItMayBeSilent(_ tokens: [Double], _ seconds: Double?) {
        var guardian = ThroughputGuard(minimum: 2, over: .seconds(10))
        for second in tokens { _ = guardian.token(now: at(second)) }
        #expect(guardian.remaining(now: at(tokens.last ?? 0)) == seconds.map { .seconds($0) })
    }

    @Test func theReadersTimeDoesNotCount() {
        var guardian = ThroughputGuard(minimum: 1, over: .seconds(10))
        _ = guardian.token(now: at(0))
        guardian.pause(now: at(1))
        guardian.resume(now: at(100))
        let afterThePause = guardian.token(now: at(101))
        #expect(!afterThePause)
        let afterTenSeconds = guardian.token(now: at(109.5))
        #expect(afterTenSeconds, "10.5 s without the pause, and two tokens")
    }
}
