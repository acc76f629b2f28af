import SageLLM
import Testing

@testable import SageCLI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

struct SessionReportTests {
    private let now = Date(timeIntervalSince1970: 1_789_998_400)

    @Test func aTableHasALineForEachConversation() throws {
        let sessions = try JSONValue(
            parsing: #"""
                [{"id":"a\u001b[2J","state":"interrupted","message_count":3,"updated":"2026-09-21T13:46:35.000Z",
                  "created":"2026-09-21T12:46:40Z"},{"id":"b"}]
                """#)
        let lines = SessionReport.table(try #require(sessions.arrayValue), now: now, .plain)
        #expect(lines.count == 3)
        #expect(lines[1].hasPrefix("a\u{FFFD}[2J "))
        #expect(lines[1].contains(" interrupted "))
        #expect(lines[1].contains("5s ago"))
        #expect(lines[1].contains("1h ago"))
        #expect(lines[2].contains("b"))
        #expect(SessionReport.table([], now: now, .plain) == ["There are no conversations."])
    }

    @Test func aPageShowsMessagesCallsAndWhatIsWrong() throws {
        let session = try JSONValue(
            parsing: #"""
                {"id":"a","state":"idle","message_count":3,"report":{"recovered":7,"dropped":1,"gaps":[],"repairs":["x"]},
                 "messages":[{"role":"user","content":"hi\nthere"},
                  {"role":"assistant","content":[{"type":"text","text":"calling"},{"type":"image_url"}],
                   "tool_calls":[{"function":{"name":"find","arguments":"{\"q\":1}"}}]},
                  {"role":"assistant","content":"half","interrupted":true}]}
                """#)
        #expect(
            SessionReport.page(session, now: now, .plain) == [
                "a: idle, 3 messages, changed -", "dropped: 1", #"repairs: ["x"]"#, "", "user", "hi", "there", "",
                "assistant", "calling", "[image_url]", #"-> find {"q":1}"#, "", "assistant (interrupted)", "half",
            ])
    }

    @Test func aRepairTellsWhatItHasDone() throws {
        let intact = try JSONValue(
            parsing:
                #"{"quarantined":0,"recorded":[],"recorded_interruption":false,"recounted":false,"report":{"gaps":[]}}"#
        )
        #expect(SessionReport.repair(intact, .plain).isEmpty)
        let mended = try JSONValue(
            parsing:
                #"{"quarantined":2,"recorded":["3-4"],"recorded_interruption":true,"recounted":true,"report":{"dropped_bytes":7}}"#
        )
        #expect(
            SessionReport.repair(mended, .plain) == [
                "put aside: 2 records", "written down: 3-4",
                "marked as interrupted: the turn that nobody works on", "counted anew", "dropped bytes: 7",
            ])
    }

    @Test func anImportTellsWhatItHasChanged() {
        #expect(
            SessionReport.changes(["line 3: wrong_checksum"], "changed or left out", .plain) == [
                "changed or left out: line 3: wrong_checksum"
            ])
        #expect(SessionReport.changes(nil, "changed", .plain).isEmpty)
    }
}
