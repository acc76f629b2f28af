import Testing

@testable import SageSessions

struct SteadyTimeTests {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour

    /// A look at the clocks: how much time has passed, how far the clock was set meanwhile, and how far what is believed
    /// is then behind the clock.
    struct Look: Sendable, CustomTestStringConvertible {
        var passed: Int64
        var set: Int64 = 0
        var behind: Int64 = 0
        var testDescription: String { "\(passed) ms, set by \(set) ms: \(behind) ms behind" }
    }

    @Test(arguments: [
        [Look(passed: 0), Look(passed: day), Look(passed: 400 * day)],
        // A clock that is corrected a little at a time is followed, however far it goes.
        [Look(passed: hour, set: 59_000), Look(passed: hour, set: 59_000), Look(passed: hour, set: -59_000)],
        [Look(passed: hour, set: 6 * hour, behind: 6 * hour), Look(passed: 23 * hour, behind: 6 * hour)],
        [Look(passed: hour, set: 6 * hour, behind: 6 * hour), Look(passed: day), Look(passed: day)],
        // Back to where it was: nothing is left of the doubt.
        [
            Look(passed: hour, set: 400 * day, behind: 400 * day), Look(passed: hour, set: -400 * day),
            Look(passed: day), Look(passed: hour, set: 6 * hour, behind: 6 * hour),
        ],
        // One that is set back is believed, and one that then goes forward again is where it was.
        [Look(passed: hour, set: -6 * hour), Look(passed: hour), Look(passed: hour, set: 6 * hour)],
        [
            Look(passed: hour, set: -6 * hour), Look(passed: day),
            Look(passed: hour, set: 6 * hour, behind: 6 * hour),
        ],
        // Set twice: the day begins anew.
        [
            Look(passed: hour, set: 6 * hour, behind: 6 * hour),
            Look(passed: 23 * hour, set: 6 * hour, behind: 12 * hour), Look(passed: 23 * hour, behind: 12 * hour),
            Look(passed: hour),
        ],
    ])
    func believesAClockThatWasSetAfterADay(_ looks: [Look]) {
        var (wall, uptime): (Int64, Int64) = (1_750_000_000_000, 5_000_000)
        var time = SteadyTime(wall: wall, uptime: uptime)
        for look in looks {
            uptime += look.passed
            wall += look.passed + look.set
            #expect(wall - time.now(wall: wall, uptime: uptime) == look.behind, "\(look)")
        }
    }

    @Test func takesAnyClock() {
        for wall in [Int64.min, -1, 0, .max] {
            for uptime in [0, .max] as [Int64] {
                var time = SteadyTime(wall: wall, uptime: uptime)
                #expect(time.now(wall: wall, uptime: uptime) == wall)
            }
        }
    }
}
