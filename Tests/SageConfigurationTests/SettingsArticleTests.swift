import Configuration
import Foundation
import SageResilience
import Testing

@testable import SageConfiguration

/// The article lists what the code reads, and nothing else.
struct SettingsArticleTests {
    private static let sections: [(title: String, read: @Sendable (SettingScope) throws -> Void)] = [
        ("Pipeline", { _ = try $0.pipeline("p", clock: ContinuousClock(), listener: nil) }),
        ("Retry", { _ = try $0.retry(default: .default) }),
        ("Retry budget", { _ = try $0.budgetSettings(default: .share(ratio: 0.2, floor: 3)) }),
        ("Class backoffs", { _ = try $0.classBackoffs(default: nil) }),
        ("Circuit breaker", { _ = try $0.breaker(default: .default) }),
        ("Rate limiter", { _ = try $0.rateLimiter(default: nil) }),
        ("Bulkhead", { _ = try $0.bulkhead(default: nil) }),
        ("Adaptive limiter", { _ = try $0.adaptiveLimiter(default: AdaptiveLimiterConfiguration()) }),
        ("Adaptive rate limiter", { _ = try $0.adaptiveRateLimiter(default: .default) }),
        ("Client throttle", { _ = try $0.clientThrottle(default: .default) }),
        ("Hedge", { _ = try $0.hedge(default: nil, budget: nil) }),
        ("Time limiter", { _ = try $0.timeLimiter("t", default: nil, clock: ContinuousClock(), listener: nil) }),
        ("Stream limits", { _ = try $0.streamLimits("s", default: nil, clock: ContinuousClock(), listener: nil) }),
        ("Fallback", { _ = try $0.fallback("f", default: [.general], classifier: .default, listener: nil) }),
        ("Supervisor", { _ = try $0.supervisor(default: .default) }),
    ]

    /// The keys that a section's table has; those of the sections inside a pipeline have tables of their own.
    private static func rows(_ title: String, _ read: (SettingScope) throws -> Void) -> [String] {
        let log = SettingLog()
        _ = try? read(SettingScope(ConfigReader(provider: InMemoryProvider(values: [:])), log: log))
        let settings = log.settings.filter { setting in
            switch title {
            case "Pipeline": !setting.key.contains(".") || setting.key.hasSuffix(".enabled") && !isDeep(setting.key)
            case "Retry": !setting.key.hasPrefix("classBackoffs.") && !setting.key.hasPrefix("budget.")
            case "Class backoffs": setting.key == "preset" || setting.key.hasPrefix("rateLimited.")
            default: true
            }
        }
        return settings.map(\.row)
    }

    private static func isDeep(_ key: String) -> Bool { key.split(separator: ".").count > 2 || key == "budget.enabled" }

    private static var expected: String {
        sections.map { section in
            let rows = rows(section.title, section.read).joined(separator: "\n")
            return "### \(section.title)\n\n| Key | Type | Default | Allowed |\n| --- | --- | --- | --- |\n\(rows)\n"
        }.joined(separator: "\n")
    }

    @Test func theTablesOfTheArticleAreWhatTheCodeReads() throws {
        let article = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/SageConfiguration/SageConfiguration.docc/Settings.md").standardizedFileURL
        let text = try String(contentsOf: article, encoding: .utf8)
        let begin = try #require(text.range(of: "### Pipeline"))
        #expect(String(text[begin.lowerBound...]) == Self.expected, "the article should end in:\n\(Self.expected)")
    }
}
