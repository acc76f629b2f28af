import Foundation
import SageResilience
import Testing

struct HealthReportTests {
    private static func service(
        _ status: HealthStatus, _ importance: ServiceImportance = .critical
    ) -> ServiceHealth {
        var health = ServiceHealth(status)
        health.importance = importance
        return health
    }

    @Test(
        "what the health of the services means for the whole",
        arguments: [
            ([], .healthy),
            ([service(.healthy)], .healthy),
            ([service(.healthy), service(.degraded)], .degraded),
            ([service(.healthy), service(.unhealthy)], .unhealthy),
            ([service(.healthy), service(.unhealthy, .optional)], .degraded),
            ([service(.unhealthy, .optional)], .degraded),
            ([service(.degraded, .optional)], .degraded),
            ([service(.unhealthy, .alternative(group: "a"))], .unhealthy),
            (
                [service(.unhealthy, .alternative(group: "a")), service(.healthy, .alternative(group: "a"))],
                .degraded
            ),
            (
                [service(.unhealthy, .alternative(group: "a")), service(.degraded, .alternative(group: "a"))],
                .degraded
            ),
            (
                [service(.unhealthy, .alternative(group: "a")), service(.healthy, .alternative(group: "b"))],
                .unhealthy
            ),
            ([service(.healthy, .alternative(group: "a")), service(.unhealthy)], .unhealthy),
        ] as [([ServiceHealth], HealthStatus)])
    func aggregation(services: [ServiceHealth], status: HealthStatus) {
        let named = Dictionary(uniqueKeysWithValues: services.enumerated().map { ("\($0.offset)", $0.element) })
        let report = HealthReport(services: named)
        #expect(report.status == status)
        #expect(report.isHealthy == (status != .unhealthy))
    }

    @Test func problemsAreListedTheWorstFirst() {
        let report = HealthReport(services: [
            "b": Self.service(.unhealthy), "a": Self.service(.unhealthy, .optional), "c": Self.service(.healthy),
            "d": Self.service(.degraded),
        ])
        #expect(report.problems == ["a", "b", "d"])
    }

    @Test func numbersThatAreNoneAreLeftOut() {
        let health = ServiceHealth(
            .healthy, failureRate: .nan, measurements: ["a": .infinity, "b": -.infinity, "c": .nan, "d": 1])
        #expect(health.failureRate == nil)
        #expect(health.measurements == ["d": 1])
        #expect(health.state == "healthy")
    }

    @Test func aReportIsWrittenWithTheNamesOfTheHealthPageAndReadBack() throws {
        var database = ServiceHealth(
            .unhealthy, state: "open", failureRate: 0.5,
            lastFailure: .init(age: .milliseconds(1_500), errorClass: .rateLimited, errorType: "Oops"),
            reason: "the circuit breaker is open", measurements: ["calls": 10])
        database.importance = .alternative(group: "stores:x")
        let report = HealthReport(services: ["database": database, "cache": Self.service(.healthy, .optional)])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(report)
        #expect(
            String(decoding: data, as: UTF8.self) == """
                {"services":{"cache":{"importance":"optional","measurements":{},"state":"healthy","status":"healthy"},\
                "database":{"failure_rate":0.5,"importance":"alternative:stores:x",\
                "last_failure":{"age_seconds":1.5,"class":"rate_limited","type":"Oops"},"measurements":{"calls":10},\
                "reason":"the circuit breaker is open","state":"open","status":"unhealthy"}},"status":"unhealthy"}
                """)
        #expect(try JSONDecoder().decode(HealthReport.self, from: data) == report)
    }

    @Test func whatCannotBeReadIsAnError() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([ServiceImportance].self, from: Data(#"["vital"]"#.utf8))
        }
        let failure = #"{"age_seconds": 1e300, "class": "of_a_later_version", "type": "X"}"#
        let read = try? JSONDecoder().decode(ServiceHealth.LastFailure.self, from: Data(failure.utf8))
        #expect(read?.errorClass == .unknown)
        #expect(read?.age == .nanoseconds(Int64.max))
    }
}
