import CountingMalloc
import EngineCases
import Glibc

// Prints what each policy costs over an unguarded call, measured in turns so that the machine's moods reach all alike.

let rounds = 15
let calls = 100_000
let threads = 2

struct Figures {
    var overBare: [Double] = []
    var overBareTwoThreads: [Double] = []
    var allocations = 0.0
}

func nanoseconds(_ body: () async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    try await body()
    let (seconds, attoseconds) = start.duration(to: .now).components
    return Double(seconds) * 1e9 + Double(attoseconds) / 1e9
}

func perCall(_ run: EngineCase.Run) async throws -> Double {
    try await nanoseconds { try await run(calls) } / Double(calls)
}

/// The wall time of a call when several threads call one instance at the same time.
func perCallOnThreads(_ run: @escaping EngineCase.Run) async throws -> Double {
    try await nanoseconds {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<threads { group.addTask { try await run(calls) } }
            try await group.waitForAll()
        }
    } / Double(calls)
}

func allocationsPerCall(_ run: EngineCase.Run) async throws -> Double {
    try await run(calls)
    let before = counting_malloc_count()
    try await run(calls)
    return Double(counting_malloc_count() - before) / Double(calls)
}

extension [Double] {
    var median: Double { sorted()[count / 2] }
}

func text(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
}

/// The table: medians over rounds in which each case takes its turn.
///
/// Off the main thread, where a server's calls are.
@concurrent
func printTable(_ cases: [EngineCase]) async throws {
    let bare = try EngineCase.bare.prepare()
    let runs = try cases.map { try $0.prepare() }
    var figures = cases.map { _ in Figures() }
    var bareTimes: [Double] = []
    for (index, run) in runs.enumerated() { figures[index].allocations = try await allocationsPerCall(run) }
    for _ in 0..<rounds {
        for (index, run) in runs.enumerated() {
            let (bareTime, bareTimeOnThreads) = (try await perCall(bare), try await perCallOnThreads(bare))
            bareTimes.append(bareTime)
            let isSynchronous = cases[index].isSynchronous
            figures[index].overBare.append(try await perCall(run) - (isSynchronous ? 0 : bareTime))
            figures[index].overBareTwoThreads.append(
                try await perCallOnThreads(run) - (isSynchronous ? 0 : bareTimeOnThreads))
        }
    }

    print("Bare call: \(text(bareTimes.median)) ns. Medians of \(rounds) rounds of \(calls) calls, over the bare call;")
    print("what does not suspend is measured in full.\n")
    print("| what | ns | target | ns, \(threads) threads | allocations |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for (engineCase, figures) in zip(cases, figures) {
        let target = engineCase.target.map { "≤ \(text($0))" } ?? ""
        print(
            "| \(engineCase.name) | \(text(figures.overBare.median)) | \(target)"
                + " | \(text(figures.overBareTwoThreads.median)) | \(text(figures.allocations)) |")
    }
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "--list":
    for engineCase in EngineCase.all { print(engineCase.name) }
case "--run":
    // One case alone, for a tool that counts instructions: --run NAME CALLS. On the main thread, because such tools do
    // not always survive the threads of the runtime.
    guard arguments.count == 3, let calls = Int(arguments[2]),
        let engineCase = EngineCase.all.first(where: { $0.name == arguments[1] })
    else {
        print("usage: EngineReport --run NAME CALLS; the names are those of --list")
        exit(2)
    }
    try await engineCase.prepare()(calls)
default:
    let cases = EngineCase.all.dropFirst().filter { engineCase in
        arguments.isEmpty || arguments.contains { engineCase.name.contains($0) }
    }
    guard !cases.isEmpty else {
        print("no case has one of these words in its name: \(arguments.joined(separator: ", "))")
        exit(2)
    }
    try await printTable(Array(cases))
}
