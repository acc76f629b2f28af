import SageLLM
import Testing

@testable import SageCLI

struct IndentedJSONTests {
    @Test("Members keep their order, empty containers stay on their line")
    func layout() {
        let value: JSONValue = ["b": [1, "two", []], "a": [:], "c": ["d": nil]]
        #expect(
            value.indented == """
                {
                  "b": [
                    1,
                    "two",
                    []
                  ],
                  "a": {},
                  "c": {
                    "d": null
                  }
                }
                """)
    }

    @Test("The text parses to the same value, and holds nothing that steers a terminal")
    func roundTrip() throws {
        let value: JSONValue = ["k\u{9B}": "a\u{1B}\u{7F}\u{202E}\"\\\n\u{E9}\u{1F600}", "n": 1.5]
        let text = value.indented
        #expect(try JSONValue(parsing: text) == value)
        #expect(!text.unicodeScalars.contains { $0.value < 0x0A || (0x7F...0x9F).contains($0.value) })
    }
}
