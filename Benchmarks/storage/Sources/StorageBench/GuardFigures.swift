import Glibc
import SageStorage

/// What a guarded statement takes, beside the same statement by the database's own client.
@concurrent
func guardFigures(_ size: Size, in folder: Folder) async throws -> Report {
    var report = Report(title: "One statement, guarded and bare")
    report.lines += try await sqliteFigures(size, in: folder)
    if let url = getenv("SAGE_TEST_POSTGRES") {
        report.lines += try await postgresFigures(size, String(cString: url))
    }
    if let url = getenv("SAGE_TEST_REDIS") { report.lines += try await redisFigures(size, String(cString: url)) }
    return report
}

/// The median time of a statement in microseconds.
private func microseconds(_ count: Int, _ body: (Int) async throws -> Void) async throws -> Double {
    var times: [Double] = []
    times.reserveCapacity(count)
    for index in 0..<count { times.append(try await seconds { try await body(index) } * 1e6) }
    return times.median
}

private func sqliteFigures(_ size: Size, in folder: Folder) async throws -> [Report.Line] {
    let path = folder.file("rows.db")
    let database = try SQLiteDatabase(SQLiteConfiguration(.file(path), synchronization: .relaxed))
    try await database.write { session in
        try session.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        for index in 0..<1_000 as Range<Int64> {
            try session.execute("INSERT INTO rows VALUES ($1, $2)", [.integer(index), "a text of some words"])
        }
    }
    let plain = try PlainSQLite(path)
    try plain.run("PRAGMA synchronous = NORMAL")
    let select = try plain.prepare("SELECT text FROM rows WHERE id = ?1")
    let update = try plain.prepare("UPDATE rows SET text = 'another text' WHERE id = ?1")
    var read = Report.Line(name: "SQLite, a row by its key", unit: "µs", ours: [], comparison: "sqlite3")
    var inside = Report.Line(
        name: "the same within a transaction that is open", unit: "µs", ours: [],
        comparison: "sqlite3, a transaction each")
    var write = Report.Line(
        name: "SQLite, an update that need not wait for the disk", unit: "µs", ours: [], comparison: "sqlite3")
    for _ in 0..<size.rounds {
        read.plain.append(
            try await microseconds(size.statements) { index in
                select.bind(1, Int64(index % 1_000))
                try check(select.run().rows == 1, "no row")
            })
        read.ours.append(
            try await microseconds(size.statements) { index in
                let text = try await database.fetchValue(
                    "SELECT text FROM rows WHERE id = $1", [.integer(Int64(index % 1_000))])
                try check(!text.isNull, "no row")
            })
        inside.ours.append(
            try await seconds {
                try await database.read { session in
                    for index in 0..<size.statements {
                        let text = try session.fetchValue(
                            "SELECT text FROM rows WHERE id = $1", [.integer(Int64(index % 1_000))])
                        try check(!text.isNull, "no row")
                    }
                }
            } * 1e6 / Double(size.statements))
        write.plain.append(
            try await microseconds(size.statements) { index in
                update.bind(1, Int64(index % 1_000))
                try update.run()
            })
        write.ours.append(
            try await microseconds(size.statements) { index in
                let count = try await database.execute(
                    "UPDATE rows SET text = 'another text' WHERE id = $1", [.integer(Int64(index % 1_000))])
                try check(count == 1, "\(count) rows were changed")
            })
    }
    inside.plain = read.plain
    await database.close()
    return [read, inside, write]
}

private func postgresFigures(_ size: Size, _ url: String) async throws -> [Report.Line] {
    let database = try PostgresDatabase(PostgresConfiguration(url: url))
    let plain = try PlainPostgres(url)
    let name = "PostgreSQL, a value there and back"
    var bare = Report.Line(name: name, unit: "µs", ours: [], comparison: "libpq")
    var transaction = Report.Line(
        name: "the same", unit: "µs", ours: [], comparison: "libpq in a transaction that reads, as ours is")
    for _ in 0..<size.rounds {
        bare.plain.append(try await microseconds(size.statements) { try plain.echo(Int64($0)) })
        transaction.plain.append(
            try await microseconds(size.statements) { index in
                try plain.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                try plain.echo(Int64(index))
                try plain.run("COMMIT")
            })
        bare.ours.append(
            try await microseconds(size.statements) { index in
                let value = try await database.fetchValue("SELECT $1::bigint", [.integer(Int64(index))])
                try check(value == .integer(Int64(index)), "PostgreSQL gave back something else")
            })
    }
    transaction.ours = bare.ours
    await database.close()
    return [bare, transaction]
}

private func redisFigures(_ size: Size, _ url: String) async throws -> [Report.Line] {
    let redis = try Redis(RedisConfiguration(url: url))
    let plain = try PlainRedis(url)
    let script = RedisScript("echo", source: "return tonumber(ARGV[1])")
    try plain.send(["SCRIPT", "LOAD", script.source])
    var ping = Report.Line(name: "Redis, PING", unit: "µs", ours: [], comparison: "hiredis")
    var run = Report.Line(
        name: "Redis, a script", unit: "µs", ours: [], comparison: "hiredis, the same script by its digest")
    for _ in 0..<size.rounds {
        ping.plain.append(try await microseconds(size.statements) { _ in try plain.send(["PING"]) })
        ping.ours.append(try await microseconds(size.statements) { _ in try await redis.ping() })
        run.plain.append(
            try await microseconds(size.statements) { try plain.send(["EVALSHA", script.digest, "0", "\($0)"]) })
        run.ours.append(
            try await microseconds(size.statements) { index in
                let value = try await redis.run(script, keys: [], arguments: [.integer(Int64(index))])
                try check(value == .integer(Int64(index)), "the script gave back something else")
            })
    }
    await redis.close()
    return [ping, run]
}
