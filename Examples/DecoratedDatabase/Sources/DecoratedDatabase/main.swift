import Foundation
import GRDB
import SageResilience

let directory = FileManager.default.temporaryDirectory.appending(path: "notes-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
defer { try? FileManager.default.removeItem(at: directory) }
let path = directory.appending(path: "notes.sqlite").path()

// Decorators find their policies in the registry; this one has a clock of its own and somebody who listens.
try ResilienceRegistry.install(
    ResilienceRegistry(clock: Story.clock, random: Story.random, listener: Narrator()))

let store = try NoteStore(path: path)
let otherProcess = try OtherProcess(path: path)
/// The breaker that both functions of the store share, because they name it alike.
func breaker() -> CircuitBreaker.Snapshot? { ResilienceRegistry.current.circuitBreakers["database"]?.snapshot() }

print("A database at rest.")
try await store.save(Note(title: "first", text: "All is well."))
var notes = try await store.fetchAll()
Story.report("\(notes.count) note saved", asExpected: notes.count == 1)

print("Another process locks the file for a moment.")
try otherProcess.lock()
try await Story.skippingWaits(meanwhile: { try otherProcess.unlock() }) {
    try await store.save(Note(title: "second", text: "Somebody was in the way."))
}
Story.report("the second attempt saved the note", asExpected: breaker()?.failures == 1)

print("A note with a title that exists: the caller's mistake.")
do {
    try await store.save(Note(title: "first", text: "Once more."))
    Story.report("saved twice", asExpected: false)
} catch let error as DatabaseError {
    Story.report(
        "no retry, and nothing that counts against the database: \(error.message ?? "")",
        asExpected: error.resultCode == .SQLITE_CONSTRAINT && breaker()?.failures == 1)
}

print("Another process locks the file and hangs.")
try otherProcess.lock()
do {
    try await Story.skippingWaits { try await store.save(Note(title: "third", text: "Bad luck.")) }
    Story.report("saved in spite of the lock", asExpected: false)
} catch let error as DatabaseError {
    Story.report(
        "the caller gets the database's own error: \(error.message ?? "")",
        asExpected: error.resultCode == .SQLITE_BUSY && breaker()?.state == .open)
}

print("Nobody waits for a database that is known to hang, readers neither.")
do {
    _ = try await store.fetchAll()
    Story.report("read in spite of the lock", asExpected: false)
} catch let rejection as CircuitBreakerError {
    Story.report("\(rejection)", asExpected: rejection.reason == .circuitOpen)
    Story.clock.advance(by: rejection.retryAfter ?? .zero)
}

print("The process is gone, and the recovery time is over.")
try otherProcess.unlock()
for number in 3...5 {
    try await store.save(Note(title: "note \(number)", text: "Saved by a probe."))
}
notes = try await store.fetchAll()
Story.report(
    "\(notes.count) notes; the breaker is \(breaker()?.state.rawValue ?? "gone")",
    asExpected: notes.count == 5 && breaker()?.state == .closed)
