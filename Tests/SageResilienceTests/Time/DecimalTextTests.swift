import SageResilience
import Testing

struct DecimalTextTests {
    @Test(arguments: [("0.5", 0.5), ("1", 1), ("1e2", 100), (".5", 0.5), ("-1", -1), ("2E-1", 0.2)])
    func numbersAreRead(_ text: String, _ expected: Double) {
        #expect(DecimalText.parse(text) == expected)
    }

    @Test(arguments: ["", "nan", "inf", "-inf", "1e999", "0x1p3", "e", "-", ".", "1,5", "1_000", "0.5 ", "+1"])
    func whatIsNotANumberIsRefused(_ text: String) {
        #expect((DecimalText.parse(text) as Double?) == nil)
    }
}
