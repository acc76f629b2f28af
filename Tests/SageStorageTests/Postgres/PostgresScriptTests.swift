import Testing

@testable import SageStorage

struct PostgresScriptTests {
    static let scripts: [(String, [String])] = [
        ("", []), ("  \n\t ;; -- nothing", []), ("/* a /* b */ c */", []), ("select 1", ["SELECT"]),
        ("SELECT 1; insert into t values (';'); DELETE FROM t", ["SELECT", "INSERT", "DELETE"]),
        (" /* so */ -- and\n commit", ["COMMIT"]), ("(SELECT 1)", ["?"]),
        ("SELECT 'it''s; fine', \"a;b\"; COMMIT", ["SELECT", "COMMIT"]),
        ("SELECT E'\\'; COMMIT; '; BEGIN", ["SELECT", "BEGIN"]),
        ("SELECT '\\'; COMMIT", ["SELECT", "COMMIT"]),
        ("DO $$ BEGIN; COMMIT; END $$; SELECT 1", ["DO", "SELECT"]),
        ("DO $body$ BEGIN; $$ ; $ body END $body$; SELECT 1", ["DO", "SELECT"]),
        ("SELECT $1; SELECT $2", ["SELECT", "SELECT"]), ("SELECT a$b$; COMMIT", ["SELECT", "COMMIT"]),
        ("SELECT 'not closed; COMMIT", ["SELECT"]), ("SELECT $$ not closed; COMMIT", ["SELECT"]),
        ("/* not closed; COMMIT", []), ("SELECT E'\\", ["SELECT"]), ("$", ["?"]), ("é", ["é"]),
    ]

    @Test(arguments: scripts)
    func findsTheFirstWordOfEachStatement(_ script: String, _ words: [String]) {
        #expect(PostgresScript.firstWords(of: script) == words)
    }

    @Test(arguments: ["BEGIN", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "START", "PREPARE"])
    func knowsTheWordsThatControlTransactions(_ word: String) {
        #expect(PostgresScript.controlsTransactions(word))
        #expect(!PostgresScript.controlsTransactions(word + "S"))
    }
}
