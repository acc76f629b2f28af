import Testing

@testable import SageStorage

struct PostgresParametersTests {
    @Test func writesNumbersAndTextAsTextAndBytesAsTheyAre() throws {
        let parameters = try PostgresParameters(
            [.integer(.min), .real(0.1), "é", .null, .blob([0, 1]), ""], store: "test", limit: 1_000)
        #expect(parameters.formats == [0, 0, 0, 0, 1, 0])
        #expect(parameters.lengths == [20, 3, 2, 0, 2, 0])
        let texts = parameters.withPointers { pointers in
            (0..<6).map { index in pointers?[index].map { String(cString: $0) } }
        }
        #expect(texts == ["-9223372036854775808", "0.1", "é", nil, "", ""])
    }

    @Test func refusesTextWithNULAndTooManyBytes() throws {
        let limited = try PostgresParameters([.blob([1, 2, 3]), "45"], store: "test", limit: 10)
        #expect(limited.lengths == [3, 2])
        for (values, place) in [
            (["", "a\0"], "$2"), (["12345", "1234"], "$2"), ([.blob([1, 2, 3, 4, 5, 6, 7, 8, 9])], "$1"),
        ]
            as [([SQLValue], String)]
        {
            let error = #expect(throws: StorageError.self) {
                try PostgresParameters(values, store: "test", limit: 8)
            }
            #expect(error?.problem == .value)
            #expect(error?.message.contains(place) == true)
            #expect(error?.message.contains("1234") == false)
        }
    }
}
