import Testing

@testable import SageStorage

struct SQLiteErrorTests {
    @Test(arguments: [
        ("malformed database schema (sage_entries)", "malformed database schema (sage_entries)"),
        ("malformed\nschema (\u{0}\t\u{7f}\u{85}x)", "malformed\u{fffd}schema (\u{fffd}\u{fffd}\u{fffd}\u{fffd}x)"),
        (String(repeating: "é", count: 300), String(repeating: "é", count: 300)),
        (String(repeating: "é", count: 301), String(repeating: "é", count: 300) + "..."),
    ])
    func passesOnOneLineOfWhatADamagedFileHolds(text: String, shown: String) {
        let error = StorageError.sqlite(11, text, store: "db")
        #expect(error.problem == .corrupt)
        #expect(error.message == "the database is damaged: " + shown)
    }
}
