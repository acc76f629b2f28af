import Testing

@testable import SageResilience

struct ClientThrottleFormulaTests {
    @Test(
        "failsafe-go: throttling begins at 10 % refusals, at most 80 % refused",
        arguments: [(100, 95, 0.0), (120, 90, 0.1653), (200, 50, 0.7186), (1_000, 10, 0.8), (0, 0, 0.0)])
    func followsFailsafe(requests: Int, accepts: Int, expected: Double) throws {
        let configuration = try ClientThrottleConfiguration(failureRate: 0.1, maxRejectionProbability: 0.8)
        let probability = configuration.rejectionProbability(requests: requests, accepts: accepts)
        #expect(abs(probability - expected) < 0.00005)
    }

    @Test(
        "SRE book, chapter 21: twice the accepts are let through",
        arguments: [(100, 40, 0.198), (100, 0, 0.990), (100, 50, 0.0), (100, 100, 0.0), (0, 0, 0.0)])
    func followsTheSREBook(requests: Int, accepts: Int, expected: Double) throws {
        let configuration = try ClientThrottleConfiguration(maxRejectionProbability: 1)
        let probability = configuration.rejectionProbability(requests: requests, accepts: accepts)
        #expect(abs(probability - expected) < 0.0005)
    }

    @Test func isCapped() throws {
        #expect(ClientThrottleConfiguration.default.rejectionProbability(requests: 100, accepts: 0) == 0.9)
    }

    @Test(arguments: [(9, 0.0), (10, 0.9)])
    func needsAMinimumOfCalls(requests: Int, expected: Double) {
        #expect(ClientThrottleConfiguration.default.rejectionProbability(requests: requests, accepts: 0) == expected)
    }

    @Test(arguments: [
        (Int.max, 0, 0.9), (Int.max, Int.max, 0.0), (Int.min, 0, 0.0), (-1, -1, 0.0), (100, Int.max, 0.0),
    ])
    func noNumberTraps(requests: Int, accepts: Int, expected: Double) {
        let probability = ClientThrottleConfiguration.default.rejectionProbability(requests: requests, accepts: accepts)
        #expect(probability == expected)
    }

    @Test(arguments: [(CallPriority.low, 0.75), (.normal, 0.5), (.high, 0.25), (.critical, 0.0)])
    func moreImportantCallsAreRefusedMoreRarely(priority: CallPriority, expected: Double) {
        #expect(ClientThrottleConfiguration.default.rejectionProbability(for: priority, normal: 0.5) == expected)
    }

    @Test func theCapHoldsForUnimportantCallsToo() {
        #expect(ClientThrottleConfiguration.default.rejectionProbability(for: .low, normal: 0.9) == 0.9)
    }

    @Test(arguments: CallPriority.allCases)
    func prioritiesCanBeIgnored(priority: CallPriority) throws {
        let configuration = try ClientThrottleConfiguration(honorsPriority: false)
        #expect(configuration.rejectionProbability(for: priority, normal: 0.5) == 0.5)
    }
}
