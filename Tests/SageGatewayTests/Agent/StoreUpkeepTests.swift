import Foundation
import SageStorage
import SageTesting
import Testing

@testable import SageGateway

struct StoreUpkeepTests {
    @Test func roomThatWasFreedIsGivenBackOnceAnHour() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sage-upkeep-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let databases = Databases { _ in
            try SQLiteDatabase(
                SQLiteConfiguration(.file(folder.appending(path: "sage.db").path), synchronization: .relaxed))
        }
        let database = try #require(try databases.database(.sqlite(path: "sage.db")) as? SQLiteDatabase)
        try await database.execute("CREATE TABLE things (text TEXT NOT NULL)")
        try await database.write { session in
            for _ in 0..<100 { try session.execute("INSERT INTO things VALUES (hex(zeroblob(5000)))") }
        }
        try await database.execute("DELETE FROM things")
        let before = try await database.size()
        #expect(before.freeBytes > 500_000)

        let clock = TestClock()
        let work = Task { await StoreUpkeep(databases, clock: clock).run() }
        await clock.waitForSleepers(1)
        #expect(try await database.size().freeBytes == before.freeBytes)
        clock.advance(by: StoreUpkeep.interval)
        // It sleeps again when it has done its work.
        await clock.waitForSleepers(1)
        let after = try await database.size()
        #expect(after.freeBytes == 0)
        #expect(after.bytes < before.bytes)
        work.cancel()
        await work.value
        await databases.close()
    }
}
