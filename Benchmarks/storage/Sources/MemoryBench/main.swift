import Foundation
import SageMemory
import SageStorage

// Fills a store and searches it as it is told, line by line, so that whoever compares takes turns:
//     save FROM TO         saves memories in batches of a thousand; prints the seconds
//     one N                saves N memories one after the other; prints the milliseconds of each
//     vector Q, hybrid Q   searches for the best ten; prints the milliseconds and the numbers found
//     resident             prints the bytes in memory

let arguments = CommandLine.arguments
guard arguments.count == 5, let dimension = Int(arguments[4]) else {
    print("usage: MemoryBench DATABASE VECTORS QUERIES DIMENSION")
    exit(2)
}
let embedder = PreparedEmbedder(
    dimension: dimension, memories: try Numbers(file: arguments[2], dimension: dimension),
    queries: try Numbers(file: arguments[3], dimension: dimension))
let store = try MemoryStore(
    SQLiteDatabase(SQLiteConfiguration(.file(arguments[1]))), embedder: embedder)
try await store.prepare()

/// Twenty words, some of which are frequent and most of which are not.
func words(_ seed: Int, _ count: Int = 20) -> String {
    var state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 | 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let unit = Double(state >> 11) * 0x1p-53
        return "word\(Int(20_000 * unit * unit * unit))"
    }.joined(separator: " ")
}

func milliseconds(_ body: () async throws -> Void) async throws -> Double {
    let start = ContinuousClock.now
    try await body()
    return start.duration(to: .now) / .milliseconds(1)
}

func reply(_ text: String) {
    print(text)
    fflush(nil)
}

@concurrent
func answer(_ command: [Substring]) async throws {
    let numbers = command.dropFirst().compactMap { Int($0) }
    switch command.first {
    case "save":
        let time = try await milliseconds {
            for start in stride(from: numbers[0], to: numbers[1], by: 1_000) {
                try await store.saveBatch(
                    (start..<min(start + 1_000, numbers[1])).map { NewMemory("m\($0) \(words($0))") })
            }
        }
        reply("\(time / 1_000)")
    case "one":
        var times: [String] = []
        for index in 0..<numbers[0] {
            times.append("\(try await milliseconds { try await store.save("m\(index) once \(words(-index))") })")
        }
        reply(times.joined(separator: " "))
    case "vector", "hybrid":
        var found: [SearchResult.Match] = []
        let time = try await milliseconds {
            found =
                command[0] == "vector"
                ? try await store.search(vector: embedder.queries.rows[numbers[0]], k: 10).results
                : try await store.search("q\(numbers[0]) \(words(numbers[0] + 7, 3))", k: 10).results
        }
        let places = found.map { $0.text.prefix { $0 != " " }.dropFirst() }.joined(separator: " ")
        reply("\(time) \(places)")
    case "resident": reply("\(residentBytes())")
    default: reply("?")
    }
}

reply("ready")
while let line = readLine() { try await answer(line.split(separator: " ")) }
