import Foundation
import Testing

@testable import SageLLM

struct JSONValueTests {
    @Test(
        arguments: [
            ("0", .integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .unsigned(1 << 63)),
            ("18446744073709551615", .unsigned(.max)), ("1.5", .double(1.5)), ("-0.0", .double(-0.0)),
            ("1e2", .double(100)),
            ("0.1", .double(0.1)), ("0e999", .double(0)),
        ] as [(String, JSONValue)])
    func numbersTakeTheNarrowestExactForm(_ text: String, _ expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
    }

    @Test(arguments: [
        "18446744073709551616", "-9223372036854775809", "1e400", "-1e400", "1e-400", "3.14159265358979323846",
        "100000000000000000000",
    ])
    func numbersThatNothingElseHoldsStayText(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(value == JSONDecimal(text).map(JSONValue.decimal))
        #expect(value.description == text)
    }

    @Test(arguments: ["", "a", "1 ", " 1", "01", "[1]", "null"])
    func decimalTakesNumbersOnly(_ text: String) {
        #expect(JSONDecimal(text) == nil)
    }

    @Test func minusZeroKeepsItsSign() throws {
        #expect(try JSONValue(parsing: "-0").doubleValue?.sign == .minus)
        #expect(try JSONValue(parsing: "-0").description == "-0.0")
    }

    @Test(arguments: [
        "[]", "{}", #"{"z":1,"a":[true,false,null],"m":{"y":"x"}}"#, #""\"\\\n\r\t\u0000\u001f""#, #""é漢😀/""#,
        "[1,-2,3.25,1e+300]",
    ])
    func compactDocumentComesBackByteForByte(_ document: String) throws {
        #expect(try JSONValue(parsing: document).description == document)
    }

    @Test func objectKeepsOrderAndComparesWithoutIt() throws {
        let left = try JSONValue(parsing: #"{"b":1,"a":2}"#)
        let right: JSONValue = ["a": 2, "b": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left.objectValue?.keys == ["b", "a"])
        #expect(left != ["a": 2, "b": 2])
        #expect(left != ["a": 2])
    }

    @Test func objectAgreesWithADictionaryOverRandomEdits() {
        var random = SeededGenerator(seed: 9)
        var object = JSONObject()
        var model: [String: JSONValue] = [:]
        for step in 0..<2000 {
            let key = "k\(Int.random(in: 0..<20, using: &random))"
            let value: JSONValue? = Bool.random(using: &random) ? .integer(Int64(step)) : nil
            object[key] = value
            model[key] = value
            #expect(object.count == model.count)
            #expect(model.allSatisfy { object[$0.key] == $0.value })
        }
    }

    @Test func lastOfDuplicateKeysWins() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).description == #"{"a":3,"b":2}"#)
    }

    @Test func subscriptsReachIntoTheTree() throws {
        let value = try JSONValue(parsing: #"{"choices":[{"message":{"content":"hi"}}],"n":1.0}"#)
        #expect(value["choices"]?[0]?["message"]?["content"]?.stringValue == "hi")
        #expect(value["choices"]?[1] == nil)
        #expect(value["choices"]?["x"] == nil)
        #expect(value["n"]?.intValue == 1)
    }

    @Test(arguments: [#"{"a":[1,-2.5,"x",null,true,{"b":{}}],"c":18446744073709551615}"#, "[]", #""s""#, "7", "null"])
    func foundationCodersRoundTrip(_ document: String) throws {
        let value = try JSONValue(parsing: document)
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(document.utf8)) == value)
        let encoded = try JSONEncoder().encode(value)
        #expect(try JSONValue(parsing: [UInt8](encoded)) == value)
    }

    @Test func valuesThatAreNotFiniteAreWrittenAsNull() {
        #expect(JSONValue.array([.double(.nan), .double(.infinity)]).description == "[null,null]")
    }

    @Test(arguments: [(1.0, "1"), (0.5, "0.5"), (-3.0, "-3"), (1e300, "1e+300"), (-0.0, "-0.0")])
    func wholeNumbersAreWrittenWithoutAFraction(_ value: Double, _ expected: String) {
        #expect(JSONValue.number(value).description == expected)
    }
}
