import CClients

/// PostgreSQL by its own client, one connection.
final class PlainPostgres {
    private let handle: OpaquePointer

    init(_ url: String) throws {
        guard let handle = PQconnectdb(url) else { throw Failure("no memory for a connection") }
        self.handle = handle
        guard PQstatus(handle) == CONNECTION_OK else { throw Failure("PostgreSQL cannot be reached") }
        PQclear(PQprepare(handle, "s", "SELECT $1::bigint", 1, nil))
    }

    deinit { PQfinish(handle) }

    func run(_ sql: String) throws {
        let result = PQexec(handle, sql)
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else { throw Failure("\(sql) failed") }
    }

    /// Sends the prepared statement and reads its value.
    func echo(_ value: Int64) throws {
        let result = "\(value)".withCString { text in
            withUnsafePointer(to: UnsafePointer<CChar>?.some(text)) { PQexecPrepared(handle, "s", 1, $0, nil, nil, 0) }
        }
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_TUPLES_OK, let found = PQgetvalue(result, 0, 0),
            Int64(String(cString: found)) == value
        else { throw Failure("PostgreSQL gave back something else") }
    }
}
