import Testing

@testable import SageResilience

struct HTTPDateTests {
    /// 2026-01-01.
    static let now: Int64 = 1_767_225_600

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", Int64(784_111_777)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
        // 2076 is 50 years ahead, 2077 more: the last century.
        ("Wednesday, 01-Jan-76 00:00:00 GMT", 3_345_062_400),
        ("Saturday, 01-Jan-77 00:00:00 GMT", 220_924_800),
    ])
    func theFormsOfRFC9110AreRead(_ text: String, _ expected: Int64) {
        #expect(HTTPDate.parse(text[...], now: Self.now) == expected)
    }

    @Test(arguments: [
        "", "Sun", "Sun,", "Mon, 06 Nov 1994 08:49:37 GMT", "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Thu, 29 Feb 2023 12:00:00 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sunday Nov  6 08:49:37 1994", "Sun Nov 6 08:49:37 1994",
        "2023-09-29T16:26:27Z", "Sun, 0\u{661} Nov 1994 08:49:37 GMT",
    ])
    func whatIsNoDateIsRefused(_ text: String) {
        #expect(HTTPDate.parse(text[...], now: Self.now) == nil)
    }

    @Test func everyDayHasExactlyOneWeekday() {
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        // 1 January 1899 was a Sunday; the next 6 days follow.
        for offset in 0..<7 {
            let accepted = names.filter {
                HTTPDate.parse("\($0), 0\(offset + 1) Jan 1899 00:00:00 GMT", now: Self.now) != nil
            }
            #expect(accepted == [names[offset]])
        }
    }
}
