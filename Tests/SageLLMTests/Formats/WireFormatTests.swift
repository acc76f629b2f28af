import NIOCore
import Testing

@testable import SageLLM

struct WireFormatTests {
    @Test(arguments: WireFormat.allCases)
    func pingSaysNothing(_ format: WireFormat) throws {
        let ping = String(buffer: format.ping)
        #expect(ping.hasSuffix("\n"))
        let events = try ServerSentEventParserTests.parse([format.ping]).events.filter(\.isDispatched)
        switch format.dialect {
        case .openAI: #expect(events.isEmpty)
        case .anthropic:
            #expect(events.first?.event == "ping")
            #expect(events.count == 1)
        // Gemini's library takes each line that is not empty for JSON.
        case .gemini: #expect(ping.filter { !$0.isNewline }.isEmpty)
        }
    }
}
