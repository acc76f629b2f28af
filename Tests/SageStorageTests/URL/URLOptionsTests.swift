import SageResilience
import Testing

@testable import SageStorage

struct URLOptionsTests {
    enum Level: String, CaseIterable { case low, middle, high }

    @Test func takesEveryKindOfValue() throws {
        var options = try URLOptions("text=a%26b%3D&flag=true&off=false&count=12&time=250ms&plain=3&level=high")
        #expect(try options.take("text") == "a&b=")
        #expect(try options.takeFlag("flag") == true)
        #expect(try options.takeFlag("off") == false)
        #expect(try options.takeNumber("count") == 12)
        #expect(try options.takeDuration("time") == .milliseconds(250))
        #expect(try options.takeDuration("plain", allowsSeconds: true) == .seconds(3))
        #expect(try options.takeChoice("level", of: Level.self) == .high)
        try options.finish()
    }

    @Test func whatIsNotGivenIsNil() throws {
        var options = try URLOptions("")
        #expect(try options.take("a") == nil)
        #expect(try options.takeFlag("a") == nil)
        #expect(try options.takeNumber("a") == nil)
        #expect(try options.takeDuration("a") == nil)
        #expect(try options.takeChoice("a", of: Level.self) == nil)
        try options.finish()
    }

    @Test(arguments: [
        ("a=1&a=2", "'a'", "given twice", "one value"),
        ("a=%zz", "'a'", "wrongly encoded", "a '%' followed by two hexadecimal digits"),
        ("a=%00", "'a'", "wrongly encoded", "UTF-8 without NUL"),
        ("a%0A=%zz", "'a%0A'", "wrongly encoded", "a '%' followed by two hexadecimal digits"),
        ("\u{1b}=%zz", "'\u{fffd}'", "wrongly encoded", "a '%' followed by two hexadecimal digits"),
    ])
    func refusesAQueryThatCannotBeRead(query: String, field: String, value: String, allowed: String) {
        #expect(throws: ConfigurationError(field: field, value: value, allowed: allowed)) {
            try URLOptions(query[...])
        }
    }

    @Test(arguments: ["", "yes", "1", "TRUE", "true%20"])
    func refusesWhatIsNoFlag(text: String) throws {
        var options = try URLOptions("a=\(text)")
        let error = #expect(throws: ConfigurationError.self) { try options.takeFlag("a") }
        #expect(error?.field == "a")
        #expect(error?.allowed == (text.isEmpty ? "a value" : "true or false"))
    }

    @Test(arguments: ["-1", "+1", "1.5", "1e3", "0x10", "9223372036854775808", "many"])
    func refusesWhatIsNoWholeNumber(text: String) throws {
        var options = try URLOptions("a=\(text)")
        #expect(throws: ConfigurationError(field: "a", value: "'\(text)'", allowed: "a whole number, 0 or more")) {
            try options.takeNumber("a")
        }
    }

    @Test(arguments: [
        ("5", false, "a duration such as 5s, 250ms or 1m"), ("soon", false, "a duration such as 5s, 250ms or 1m"),
        ("-5", true, "seconds, or a duration such as 5s, 250ms or 1m"),
        ("5x", true, "seconds, or a duration such as 5s, 250ms or 1m"),
    ])
    func refusesWhatIsNoDuration(text: String, allowsSeconds: Bool, allowed: String) throws {
        var options = try URLOptions("a=\(text)")
        #expect(throws: ConfigurationError(field: "a", value: "'\(text)'", allowed: allowed)) {
            try options.takeDuration("a", allowsSeconds: allowsSeconds)
        }
    }

    @Test func refusesAValueOutsideTheSet() throws {
        var options = try URLOptions("level=highest")
        #expect(throws: ConfigurationError(field: "level", value: "'highest'", allowed: "low, middle or high")) {
            try options.takeChoice("level", of: Level.self)
        }
    }

    @Test func refusesWhatNobodyAskedForAndSaysWhatThereIs() throws {
        var options = try URLOptions("b=1&speed=9&a=2")
        _ = try options.take("b")
        _ = try options.take("a")
        _ = try options.take("c")
        let error = ConfigurationError(
            field: "option of the url", value: "'speed'", allowed: "a, b, c; and more with TLS")
        #expect(throws: error) { try options.finish("; and more with TLS") }
    }

    @Test func anErrorDoesNotRepeatALongName() throws {
        let options = try URLOptions("\(String(repeating: "n", count: 5_000))=1")
        let error = #expect(throws: ConfigurationError.self) { try options.finish() }
        #expect(error?.value == "'\(String(repeating: "n", count: 100))...'")
    }
}
