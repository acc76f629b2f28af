import SageTesting
import Testing

@testable import SageResilience

struct HedgeConfigurationTests {
    typealias Delay = HedgeConfiguration.Delay

    @Test(
        "refuses what is out of range, by name",
        arguments: [
            ("delay", Delay.fixed(.nanoseconds(-1)), 1, Duration.zero),
            ("share", .percentile(0), 1, .zero),
            ("share", .percentile(1), 1, .zero),
            ("share", .percentile(.nan), 1, .zero),
            ("share", .percentile(-.infinity), 1, .zero),
            ("window", .percentile(share: 0.9, window: 0, minimumSamples: 1, atLeast: .zero), 1, .zero),
            ("window", .percentile(share: 0.9, window: 10_001, minimumSamples: 1, atLeast: .zero), 1, .zero),
            ("minimumSamples", .percentile(share: 0.9, window: 9, minimumSamples: 10, atLeast: .zero), 1, .zero),
            ("minimumSamples", .percentile(share: 0.9, window: 9, minimumSamples: 0, atLeast: .zero), 1, .zero),
            ("atLeast", .percentile(share: 0.9, window: 9, minimumSamples: 9, atLeast: .seconds(-1)), 1, .zero),
            ("maxHedges", .fixed(.zero), 0, .zero),
            ("maxHedges", .fixed(.zero), 11, .zero),
            ("maxServerHint", .fixed(.zero), 1, .seconds(-1)),
        ])
    func refuses(field: String, delay: Delay, maxHedges: Int, maxServerHint: Duration) {
        let error = #expect(throws: ConfigurationError.self) {
            _ = try HedgeConfiguration(delay: delay, maxHedges: maxHedges, maxServerHint: maxServerHint)
        }
        #expect(error?.field == field)
    }

    @Test(
        "takes what is at the ends",
        arguments: [
            Delay.fixed(.zero), .fixed(Duration(attoseconds: .max)), .percentile(.leastNonzeroMagnitude),
            .percentile(share: 0.999, window: 10_000, minimumSamples: 10_000, atLeast: Duration(attoseconds: .max)),
        ])
    func takes(delay: Delay) throws {
        for hedges in [1, 10] {
            let huge = Duration(attoseconds: .max)
            let configuration = try HedgeConfiguration(delay: delay, maxHedges: hedges, maxServerHint: huge)
            #expect(configuration.delay == delay)
            #expect(Hedge("h", configuration).snapshot().samples == 0)
        }
    }
}
