import Testing

@testable import SageGateway

struct CivilTimeTests {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT", "2000-02-29T00:00:00"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT", "2024-02-29T23:59:59"),
            (1_709_251_200, "Fri, 01 Mar 2024 00:00:00 GMT", "2024-03-01T00:00:00"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT", "2100-03-01T00:00:00"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT", "1969-12-31T23:59:59"),
        ])
    func secondsBecomeADate(_ seconds: Int, _ header: String, _ log: String) {
        let time = CivilTime(secondsSince1970: seconds)
        #expect(HTTPDate.text(time) == header)
        #expect(LogTime.text(time) == log)
    }

    /// Each day follows the last, over all lengths of years and months.
    @Test func daysFollowOneAnother() {
        var last = CivilTime(secondsSince1970: 0)
        for day in 1...(366 * 500) {
            let next = CivilTime(secondsSince1970: day * 86_400 + 86_399)
            let isSameMonth = next.month == last.month && next.day == last.day + 1
            let isNextMonth = next.day == 1 && last.day >= 28 && next.month == last.month % 12 + 1
            #expect(isSameMonth || isNextMonth)
            #expect(next.weekday == (last.weekday + 1) % 7)
            #expect(next.year == last.year + (next.month == 1 && next.day == 1 ? 1 : 0))
            last = next
        }
    }
}
