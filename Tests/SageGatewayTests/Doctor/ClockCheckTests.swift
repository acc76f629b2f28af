import Testing

@testable import SageGateway

struct ClockCheckTests {
    @Test(
        arguments: [
            ([], CheckResult.Status.skipped, "nothing to compare"), ([995], .fine, "agrees with p0"),
            ([1_000, 1_005], .fine, "agrees with p0, p1"), ([1_000, 1_006], .warning, "6 s behind p1"),
            ([900, 1_006], .warning, "100 s ahead of p0"),
        ] as [([Int64], CheckResult.Status, String)])
    func comparesWithWhoeverDiffersMost(times: [Int64], status: CheckResult.Status, words: String) {
        let named = times.enumerated().map { (name: "p\($0.offset)", seconds: $0.element) }
        let result = ClockCheck.result(named, now: 1_000)
        #expect(result.status == status)
        #expect(result.message.contains(words))
    }
}
