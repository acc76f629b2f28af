import Glibc

// Measures the stores beside the databases' own clients, in turns so that the machine's moods reach all alike:
//     StorageBench sessions [--quick] [--json]   conversations: appends, loads, ten thousand of them
//     StorageBench storage [--quick] [--json]    what the guard of a statement adds; PostgreSQL and Redis where
//                                                SAGE_TEST_POSTGRES and SAGE_TEST_REDIS name one

let words = Array(CommandLine.arguments.dropFirst())
let options = Set(words.filter { $0.hasPrefix("--") })
let subjects = words.filter { !$0.hasPrefix("--") }
guard subjects.count == 1, ["sessions", "storage"].contains(subjects[0]),
    options.isSubset(of: ["--quick", "--json"])
else {
    print("usage: StorageBench sessions|storage [--quick] [--json]")
    exit(2)
}

let folder = try Folder()
defer { folder.remove() }
let size = options.contains("--quick") ? Size.quick : Size.full
let report =
    subjects[0] == "sessions"
    ? try await sessionFigures(size, in: folder) : try await guardFigures(size, in: folder)
print(options.contains("--json") ? report.json : report.table)
