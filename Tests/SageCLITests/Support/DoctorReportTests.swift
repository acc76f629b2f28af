import SageGateway
import SageLLM
import Testing

@testable import SageCLI

struct DoctorReportTests {
    private let fine = CheckResult("clock", .fine, "agrees")
    private let failed = CheckResult("provider a", .failed, "no\u{1B}answer", remedy: "Start it.")
    private let warning = CheckResult("data directory", .warning, "small")

    @Test func aCheckIsALineAndItsRemedyAnother() {
        #expect(DoctorReport.lines(fine, .plain) == ["ok      clock: agrees"])
        #expect(
            DoctorReport.lines(failed, .plain) == ["FAILED  provider a: no\u{FFFD}answer", "        Start it."])
    }

    @Test func theSummaryCountsTheWorst() {
        #expect(DoctorReport.summary([fine], .plain) == "all is well")
        #expect(DoctorReport.summary([fine, warning], .plain) == "nothing failed, 1 warning")
        #expect(DoctorReport.summary([fine, warning, failed], .plain) == "1 of 3 checks failed")
    }

    @Test func jsonHasEverything() {
        let json = DoctorReport.json([failed, fine])
        #expect(json["failed"] == 1)
        #expect(json["warnings"] == 0)
        #expect(json["checks"]?[0]?["remedy"] == "Start it.")
        #expect(json["checks"]?[1]?["remedy"] == .null)
        #expect(json["checks"]?[1]?["status"] == "fine")
    }
}
