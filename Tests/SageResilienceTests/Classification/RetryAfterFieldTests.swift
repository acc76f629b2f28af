import SageResilience
import Testing

struct RetryAfterFieldTests {
    /// Thu, 01 Jan 1970 00:01:40 GMT.
    static let now: Int64 = 100

    @Test(
        arguments: [
            ([], nil),
            (["3"], .seconds(3)),
            ([" 3\t"], .seconds(3)),
            (["0"], .zero),
            (["3.5"], .milliseconds(3_500)),
            ([".25"], .milliseconds(250)),
            (["0.0000000019"], .nanoseconds(1)),
            (["", "-3", "+3", "3.", "1e3", "0x3", "inf", "3 s", "soon", "4", "5"], .seconds(4)),
            (["9223372037"], .nanoseconds(Int64.max)),
            (["99999999999999999999999999.5"], .nanoseconds(Int64.max)),
            (["Thu, 01 Jan 1970 00:01:50 GMT"], .seconds(10)),
            (["Thursday, 01-Jan-70 00:01:50 GMT"], .seconds(10)),
            (["Thu Jan  1 00:01:50 1970"], .seconds(10)),
            (["Thu, 01 Jan 1970 00:01:30 GMT"], .zero),
            (["Fri, 01 Jan 1970 00:01:50 GMT"], nil),
            (["Fri, 01 Jan 1970 00:01:50 GMT", "6"], .seconds(6)),
        ] as [([String], Duration?)])
    func waits(_ values: [String], _ expected: Duration?) {
        #expect(RetryAfterField.wait(values.map { $0[...] }, dates: [], now: Self.now) == expected)
    }

    @Test(
        arguments: [
            (["Thu, 01 Jan 1970 02:00:00 GMT"], .seconds(5)),
            (["today", "\tThu, 01 Jan 1970 02:00:01 GMT "], .seconds(4)),
            (["today"], .seconds(7_105)),
            (["Thu, 01 Jan 1970 02:00:06 GMT"], .zero),
        ] as [([String], Duration)])
    func aDateIsComparedWithTheServersOwn(_ dates: [String], _ expected: Duration) {
        let wait = RetryAfterField.wait(
            ["Thu, 01 Jan 1970 02:00:05 GMT"], dates: dates.map { $0[...] }, now: Self.now)
        #expect(wait == expected)
    }

    @Test(arguments: [(Int64.min, Duration.zero), (.max, .zero), (0, .nanoseconds(Int64.max))])
    func clocksFarOffDoNotTrap(_ now: Int64, _ expected: Duration) {
        #expect(RetryAfterField.wait(["Fri, 31 Dec 9999 23:59:59 GMT"], dates: [], now: now) == expected)
    }
}
