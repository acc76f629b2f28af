import CPostgreSQL

/// A result of libpq, freed when it goes.
struct PostgresResult: ~Copyable {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }

    /// The name of the command that was done, for example `COMMIT`.
    var command: String { String(cString: PQcmdStatus(pointer)) }

    /// How many rows it inserted, changed or deleted.
    var affectedRows: Int {
        let command = command
        guard ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(where: command.hasPrefix) else { return 0 }
        return Int(String(cString: PQcmdTuples(pointer))) ?? 0
    }
}
