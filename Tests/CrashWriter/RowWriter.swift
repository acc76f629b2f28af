import SageStorage
import SageTesting

/// Inserts plain rows, and tells of each whether it was done, was not, or nobody knows.
struct RowWriter {
    let database: any SQLDatabase
    let count: Int

    func work() async throws {
        try await database.execute("CREATE TABLE IF NOT EXISTS plain (token TEXT NOT NULL)")
        Output.write("ready\n")
        for number in 0..<count {
            do {
                try await database.execute("INSERT INTO plain VALUES ($1)", [.text("\(number)")])
                Output.write("row \(number) done\n")
            } catch let error as StorageError {
                let outcome = error.isOutcomeUnknown ? "unknown" : error.isNotDone ? "undone" : "failed"
                Output.write("row \(number) \(outcome) \(error.problem.rawValue)\n")
            }
        }
        Output.write("end\n")
    }

    /// Tells how often each row is there.
    func tell() async throws {
        for row in try await database.fetch("SELECT token, count(*) FROM plain GROUP BY token") {
            Output.write("found \(row[0].text ?? "") \(row[1].integer ?? 0)\n")
        }
    }
}
