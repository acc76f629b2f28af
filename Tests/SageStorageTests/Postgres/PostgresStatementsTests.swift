import SageTesting
import Testing

@testable import SageStorage

struct PostgresStatementsTests {
    private func statement(_ name: String) -> PostgresStatements.Statement {
        PostgresStatements.Statement(name: name, parameters: 1, isBinary: true)
    }

    @Test func keepsWhatWasUsedLast() {
        var statements = PostgresStatements(capacity: 2)
        expect(statements.makeRoom(), nil)
        statements.insert("A", statement("a"))
        expect(statements.makeRoom(), nil)
        statements.insert("B", statement("b"))
        expect(statements.find("A"), statement("a"))
        expect(statements.makeRoom(), "b")
        statements.insert("C", statement("c"))
        expect(statements.find("B"), nil)
        expect(statements.find("A"), statement("a"))
        expect(statements.find("C"), statement("c"))
        statements.removeAll()
        expect(statements.find("A"), nil)
        #expect(statements.count == 0)
    }

    @Test func neverGivesANameTwice() {
        var statements = PostgresStatements(capacity: 1)
        var names: Set<String> = []
        for _ in 0..<100 { expect(names.insert(statements.newName()).inserted, true) }
        statements.removeAll()
        expect(names.insert(statements.newName()).inserted, true)
    }

    /// Beside a list in the order of use.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func agreesWithAListInTheOrderOfUse(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let capacity = Int.random(in: 1...8, using: &generator)
        var statements = PostgresStatements(capacity: capacity)
        var list: [String] = []
        for step in 0..<500 {
            let sql = "S\(Int.random(in: 0..<12, using: &generator))"
            let found = statements.find(sql)
            #expect((found != nil) == list.contains(sql), "step \(step)")
            if found != nil {
                list.removeAll { $0 == sql }
            } else {
                let expected = list.count == capacity ? list.removeFirst() : nil
                expect(statements.makeRoom(), expected)
                statements.insert(sql, statement(sql))
            }
            list.append(sql)
            #expect(statements.count == list.count)
        }
    }
}
