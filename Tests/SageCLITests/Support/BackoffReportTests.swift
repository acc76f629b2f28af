import SageGateway
import SageLLM
import SageResilience
import Testing

@testable import SageCLI

struct BackoffReportTests {
    private typealias Settings = GatewayConfiguration.Policy.Retry

    private func settings(
        _ strategy: Settings.Strategy, attempts: Int = 6, initialDelay: Duration = .seconds(1),
        maxDelay: Duration = .seconds(60), jitter: Settings.Jitter = .none
    ) -> Settings {
        var settings = Settings()
        settings.strategy = strategy
        settings.maxAttempts = attempts
        settings.initialDelay = initialDelay
        settings.maxDelay = maxDelay
        settings.jitter = jitter
        return settings
    }

    private func values(_ report: BackoffReport, _ key: String) -> [Int?]? {
        report.json["delays"]?.arrayValue?.map { $0[key]?.intValue }
    }

    @Test(
        "Without jitter the delays are those of the strategy",
        arguments: [
            (Settings.Strategy.fixed, [1, 1, 1, 1, 1]), (.linear, [1, 2, 3, 4, 5]), (.exponential, [1, 2, 4, 8, 16]),
            (.fibonacci, [1, 1, 2, 3, 5]),
        ])
    private func strategies(strategy: Settings.Strategy, seconds: [Int]) throws {
        let report = try BackoffReport(settings(strategy), seed: 1)
        let milliseconds = seconds.map { $0 * 1_000 }
        for key in ["delay_ms", "min_ms", "max_ms"] { #expect(values(report, key) == milliseconds) }
        #expect(values(report, "total_ms")?.last == milliseconds.reduce(0, +))
        #expect(report.json["seed"] == .null)
    }

    @Test("Without jitter the table is short, and the cap shows")
    func plainTable() throws {
        let report = try BackoffReport(
            settings(.exponential, attempts: 4, maxDelay: .milliseconds(2_500)), seed: 1)
        #expect(
            report.table(.plain) == [
                "exponential from 1s, times 2, at most 2.5s, jitter none",
                "",
                "RETRY  DELAY  TOTAL",
                "    1     1s     1s",
                "    2     2s     3s",
                "    3   2.5s   5.5s",
            ])
    }

    @Test("With jitter the table shows the range, the middle, one sample and the sums")
    func spreadTable() throws {
        let report = try BackoffReport(settings(.fixed, attempts: 3, jitter: .equal), seed: 7)
        let lines = report.table(.plain)
        #expect(lines[2].split(separator: " ").count == 8)
        let retry = try #require(report.schedule.retries.first)
        #expect(retry.least == .milliseconds(500))
        #expect(retry.typical == .milliseconds(750))
        #expect(retry.most == .seconds(1))
        let sample = try #require(retry.sample)
        #expect((Duration.milliseconds(500) ... .seconds(1)).contains(sample))
        #expect(report.schedule.retries.last?.total == .milliseconds(1_500))
        #expect(report.schedule.retries.last?.longestTotal == .seconds(2))
        #expect(lines.last == "SAMPLE is one sequence as it could happen; --seed 7 gives it again.")
    }

    @Test("The same seed gives the same sample, another one another")
    func seeds() throws {
        let settings = settings(.decorrelated)
        let samples = try [7, 7, 8].map { seed in
            try BackoffReport(settings, seed: seed).schedule.retries.map(\.sample)
        }
        #expect(samples[0] == samples[1])
        #expect(samples[0] != samples[2])
    }

    @Test("Decorrelated delays range from the base to three times as much at each step")
    func decorrelated() throws {
        let report = try BackoffReport(settings(.decorrelated, attempts: 5, jitter: .full), seed: 1)
        #expect(values(report, "min_ms") == [1_000, 1_000, 1_000, 1_000])
        #expect(values(report, "max_ms") == [3_000, 9_000, 27_000, 60_000])
        #expect(report.json["jitter"] == .null)
    }

    @Test("A single attempt has no retry")
    func singleAttempt() throws {
        let report = try BackoffReport(settings(.exponential, attempts: 1, jitter: .full), seed: 1)
        #expect(report.table(.plain).last == "A single attempt has no retry.")
        #expect(report.plot(.plain).last == "A single attempt has no retry.")
        #expect(report.json["delays"] == [])
    }

    @Test("The longest bar has fifty characters, the others their share")
    func picture() throws {
        let lines = try BackoffReport(settings(.linear, attempts: 3), seed: 1).plot(.plain)
        #expect(
            lines == [
                "linear from 1s, at most 1m, jitter none",
                "",
                "RETRY  DELAY",
                "    1  1s     " + String(repeating: "█", count: 25),
                "    2  2s     " + String(repeating: "█", count: 50),
            ])
    }

    @Test("Under jitter a bar has three parts, and what is not nothing can be seen")
    func spreadPicture() throws {
        let lines = try BackoffReport(
            settings(.exponential, attempts: 9, initialDelay: .milliseconds(1), jitter: .equal), seed: 1
        ).plot(.plain)
        #expect(lines[3] == "    1  750us    █  500us to 1ms")
        #expect(lines[10].contains(String(repeating: "█", count: 25) + String(repeating: "▒", count: 13)))
        #expect(lines[10].contains(String(repeating: "░", count: 12) + "  64ms to 128ms"))
        #expect(lines.last == "█ always  ▒ up to the typical delay  ░ up to the longest")
    }

    @Test("A policy without any delay draws nothing, and divides by nothing")
    func noDelay() throws {
        let report = try BackoffReport(settings(.fixed, attempts: 2, initialDelay: .zero), seed: 1)
        #expect(report.plot(.plain).last == "    1  0")
        #expect(report.table(.plain).last == "    1      0      0")
    }
}
