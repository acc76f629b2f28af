import SageStorage
import Testing

struct SQLRowTests {
    private let row = SQLRow(columns: ["id", "name", "id"], values: [7, "seven", nil])

    @Test func findsValuesByPlaceAndByTheFirstColumnOfAName() {
        #expect(row[0] == 7)
        #expect(row["name"] == "seven")
        #expect(row["id"] == 7)
    }

    @Test func whatIsNotThereIsNull() {
        #expect(row[3].isNull)
        #expect(row[-1].isNull)
        #expect(row["other"].isNull)
        #expect(row["name"].integer == nil)
    }
}
