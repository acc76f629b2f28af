import Testing

@testable import SageResilience

struct ErrorsTests {
    @Test func aConfigurationErrorNamesFieldValueAndRange() {
        let error = ConfigurationError(field: "maxAttempts", value: 0, allowed: "1 or more")
        #expect(error.description == "maxAttempts is 0; allowed is 1 or more")
    }

    @Test(
        arguments: [
            (0, 1...Int.max, "n is 0; allowed is 1 or more"), (11, 1...10, "n is 11; allowed is 1 to 10"),
            (-1, 0...5, "n is -1; allowed is 0 to 5"),
        ])
    func counts(value: Int, range: ClosedRange<Int>, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try Validation.count("n", value, in: range) }
        #expect(error?.description == message)
    }

    @Test func theBoundsThemselvesAreAllowed() throws {
        try Validation.count("n", 1, in: 1...10)
        try Validation.count("n", 10, in: 1...10)
        try Validation.ratio("r", 0)
        try Validation.ratio("r", 1)
        try Validation.share("s", 1)
        try Validation.atLeast("m", 1, 1)
        try Validation.positive("d", .nanoseconds(1))
        try Validation.notNegative("d", .zero)
    }

    @Test func lessThanANanosecondIsNothing() {
        #expect(throws: ConfigurationError.self) { try Validation.positive("d", Duration(attoseconds: 999_999_999)) }
    }
}
