import SageLLM
import Testing

@testable import SageCLI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct StatusPageTests {
    private static let now = Date(timeIntervalSince1970: 1_767_225_600)  // 2026-01-01T00:00:00Z

    private func lines(_ json: String, _ style: TerminalStyle = .plain) throws -> [String] {
        StatusPage(status: try JSONValue(parsing: json), address: "http://sage", now: Self.now).lines(style)
    }

    private static let healthy = """
        {"status": "healthy", "version": "1.2.3", "uptime_seconds": 125, "targets": [
          {"name": "openai/gpt", "state": "closed", "in_flight": 2, "queued": 0, "paused_until": null,
           "breaker": {"failure_rate": null, "slow_rate": null, "calls": 2, "failures": 0, "not_permitted": 0,
                       "retry_after_ms": null, "last_failure": null}}],
         "limiters": [], "stores": []}
        """

    @Test("A healthy server shows its version, age and targets")
    func healthyServer() throws {
        #expect(
            try lines(Self.healthy) == [
                "Sage 1.2.3 at http://sage: healthy, up 2m5s",
                "",
                "TARGET      BREAKER  FAILED  SLOW  REFUSED  IN FLIGHT  QUEUED  PROBE IN  LAST FAILURE",
                "openai/gpt  closed   0 of 2     -        0          2       0         -  -",
            ])
    }

    @Test("An open breaker shows its rates, refusals, next probe and last failure; a pause has a column of its own")
    func openBreaker() throws {
        let lines = try lines(
            """
            {"status": "unhealthy", "version": "1", "uptime_seconds": 0, "targets": [
              {"name": "a/b", "state": "open", "in_flight": 0, "queued": 3, "paused_until": "2026-01-01T00:00:20.000Z",
               "breaker": {"failure_rate": 0.625, "slow_rate": 0, "calls": 8, "failures": 5, "not_permitted": 12,
                           "retry_after_ms": 2500,
                           "last_failure": {"time": "2025-12-31T23:59:48.000Z", "class": "timeout", "message": "m"}}}]}
            """)
        #expect(lines[0] == "Sage 1 at http://sage: unhealthy, up 0")
        #expect(
            lines[2]
                == "TARGET  BREAKER        FAILED  SLOW  REFUSED  IN FLIGHT  QUEUED  PROBE IN  PAUSED FOR  LAST FAILURE"
        )
        #expect(
            lines[3]
                == "a/b     open     5 of 8 (63%)    0%       12          0       3      2.5s         20s  "
                + "timeout, 12s ago: m")
    }

    @Test("Colours mark what is good and bad, and only when asked for")
    func colours() throws {
        #expect(try lines(Self.healthy).allSatisfy { !$0.contains("\u{1B}") })
        let coloured = try lines(Self.healthy, TerminalStyle(isColoured: true))
        #expect(coloured[0].contains("\u{1B}[32mhealthy\u{1B}[0m"))
        #expect(coloured[3].contains("\u{1B}[32mclosed\u{1B}[0m"))
    }

    @Test("Other sections show when they have entries")
    func otherSections() throws {
        let lines = try lines(
            """
            {"status": "degraded", "targets": [],
             "stores": [{"name": "state", "up": true, "lag_seconds": 1.5, "error": null, "more": {}}],
             "config": {"last_reload": {"result": "failure", "error": "sage.yaml:1:1: no"}}}
            """)
        #expect(
            lines == [
                "Sage at http://sage: degraded",
                "the last reload of the configuration failed: sage.yaml:1:1: no",
                "",
                "There are no targets.",
                "",
                "STORES  NAME   UP    LAG SECONDS  ERROR",
                "        state  true  1.5          -",
            ])
    }

    @Test("What a server sends cannot steer the terminal, and nonsense does no harm")
    func nonsense() throws {
        let lines = try lines(
            """
            {"status": "\\u001b[2J", "version": "\\u001b]0;x\\u0007", "uptime_seconds": 1e300, "targets": [
              {"name": "\\u001b[31m", "state": 7, "breaker": {"failure_rate": 1e300, "calls": 1e300,
               "retry_after_ms": -9223372036854775808,
               "last_failure": {"class": "\\u009b", "time": "yesterday"}}}, 5, null],
             "limiters": [1, {"\\u001b": "\\u001b"}]}
            """)
        #expect(!lines.contains { line in line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x9B } })
        #expect(lines.count > 5)
    }

    @Test(
        "Only an object with status and targets is a status",
        arguments: [
            (#"{"status": "healthy", "targets": []}"#, true), (#"{"status": "ok"}"#, false), ("[]", false),
            (#"{"status": 1, "targets": []}"#, false),
        ])
    func recognition(json: String, isStatus: Bool) throws {
        #expect(StatusPage.isStatus(try JSONValue(parsing: json)) == isStatus)
    }
}
