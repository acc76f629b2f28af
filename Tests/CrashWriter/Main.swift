import SageSessions
import SageStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes until it is killed, and checks what such writers have left.
///
///     sage-crash-writer write|remember URL NAME RUN SEED [FAVOURITE] < what the life before has told
///     sage-crash-writer check URL < what all writers told
///     sage-crash-writer insert URL COUNT
///     sage-crash-writer count|look|bench URL
///     sage-crash-writer create|drop URL NAME
@main
enum CrashWriter {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            guard arguments.count >= 2 else { throw Failure("usage: write|remember|check|insert|count|look|bench URL") }
            let database = try open(arguments[1])
            try await run(arguments[0], Array(arguments.dropFirst(2)), database, url: arguments[1])
            await database.close()
        } catch {
            Output.write("error \(error)\n")
            exit(1)
        }
    }

    private static func run(
        _ command: String, _ arguments: [String], _ database: any SQLDatabase, url: String
    ) async throws {
        switch command {
        case "write":
            var writer = Writer(store: try ConversationStore(database), life: try life(arguments))
            try await writer.work()
        case "remember":
            var writer = MemoryWriter(database: database, life: try life(arguments))
            try await writer.work()
        case "check": try await check(database)
        case "insert":
            guard let count = arguments.first.flatMap({ Int($0) }) else { throw Failure("usage: insert URL COUNT") }
            try await RowWriter(database: database, count: count).work()
        case "count": try await RowWriter(database: database, count: 0).tell()
        case "look": try await Inspection(store: try ConversationStore(database)).look()
        case "bench": try await Measurement(store: try ConversationStore(database), url: url).run()
        case "create", "drop":
            // For a store of one's own on a server of PostgreSQL.
            guard let server = database as? PostgresDatabase, arguments.count == 1,
                arguments[0].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
            else { throw Failure("usage: create|drop postgres://... NAME") }
            try await server.administer(
                command == "drop" ? "DROP DATABASE \(arguments[0]) WITH (FORCE)" : "CREATE DATABASE \(arguments[0])")
        default: throw Failure("unknown: \(command)")
        }
    }

    private static func life(_ arguments: [String]) throws -> Life {
        guard (3...4).contains(arguments.count), let seed = UInt64(arguments[2]) else {
            throw Failure("usage: write|remember URL NAME RUN SEED [FAVOURITE]")
        }
        return Life(
            name: arguments[0], run: arguments[1], seed: seed,
            favourite: arguments.count == 4 ? Record.Operation(rawValue: arguments[3]) : nil, before: Record.all())
    }

    static func open(_ url: String) throws -> any SQLDatabase {
        if url.hasPrefix("sqlite:") {
            return try SQLiteDatabase("store", SQLiteConfiguration(.file(String(url.dropFirst(7)))))
        }
        if url.hasPrefix("postgres") { return try PostgresDatabase(PostgresConfiguration(url: url), policies: .quick) }
        throw Failure("allowed are sqlite:PATH and postgres://...")
    }

    /// Compares the store with the lines of standard input.
    private static func check(_ database: any SQLDatabase) async throws {
        let records = Record.all()
        let store = try ConversationStore(database)
        try await store.prepare()
        let checker = Checker(records, isWhole: true)
        let memory = MemoryChecker(records, isWhole: true)
        var problems = try await checker.problems(in: store)
        if !memory.texts.isEmpty { problems += try await memory.problems(in: database) }
        if let file = database as? SQLiteDatabase { problems += try await file.checkIntegrity(isThorough: true) }
        for problem in problems.prefix(20) { Output.write("problem \(problem)\n") }
        Output.write(
            "checked \(checker.acknowledged + memory.acknowledged) acknowledgements of \(checker.sessions.count) sessions, "
                + "\(memory.texts.count) memories\n")
        if !problems.isEmpty { exit(1) }
    }
}
