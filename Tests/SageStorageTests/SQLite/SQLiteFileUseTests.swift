import Foundation
import SageResilience
import SageTesting
import StorageTestSupport
import Testing

@testable import SageStorage

/// That what the process itself does to a database's file neither takes its locks away nor goes unnoticed.
struct SQLiteFileUseTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func database(
        _ name: String = "sqlite", synchronization: SQLiteConfiguration.Synchronization = .full
    ) throws
        -> SQLiteDatabase
    {
        try SQLiteDatabase(
            SQLiteConfiguration(.file(folder.file()), synchronization: synchronization), name: name)
    }

    private func fill(_ database: SQLiteDatabase) async throws {
        try await database.write { try $0.executeScript("CREATE TABLE IF NOT EXISTS things (value TEXT)") }
    }

    #if os(Linux)
    /// The locks that this process has on the file, as the system tells them.
    private func locks() throws -> Int {
        let inode = try #require(
            FileManager.default.attributesOfItem(atPath: folder.file())[.systemFileNumber] as? UInt64 ?? nil)
        // Foundation reads only the first block of a file whose size the system does not tell.
        let file = try #require(fopen("/proc/locks", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .count { line in
                line.contains(":\(inode) ")
                    && line.split(separator: " ").contains { $0 == "\(ProcessInfo.processInfo.processIdentifier)" }
            }
    }

    private func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count { number in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")) == folder.file()
        }
    }

    @Test func openingAFileAgainKeepsItsLocks() async throws {
        let first = try database()
        try await fill(first)
        #expect(try locks() > 0)
        let second = try database("second", synchronization: .relaxed)
        try await fill(second)
        #expect(try locks() > 0, "another process would take the database for unused and delete its log")
        await second.close()
        #expect(try locks() > 0)
        await first.close()
        #expect(try descriptors() == 0)
    }

    @Test func openingAFileManyTimesKeepsAFewDescriptorsAlone() async throws {
        let first = try database()
        try await fill(first)
        let second = try database("second")
        try await second.connect()
        await second.close()
        let kept = try descriptors()
        for _ in 0..<20 {
            let another = try database("another")
            try await another.connect()
            await another.close()
        }
        #expect(try descriptors() == kept)
        await first.close()
        #expect(try descriptors() == 0)
    }
    #endif

    @Test func theLogOfALinkedFileIsFoundBesideTheFileItself() async throws {
        try FileManager.default.createDirectory(atPath: folder.file("real"), withIntermediateDirectories: false)
        let real = try SQLiteDatabase(SQLiteConfiguration(.file(folder.file("real/sage.db"))))
        try await fill(real)
        try FileManager.default.createSymbolicLink(
            atPath: folder.file(), withDestinationPath: folder.file("real/sage.db"))
        let linked = try database("linked")
        try await linked.execute("INSERT INTO things VALUES ('x')")
        #expect(try await linked.size().logBytes > 0)
        #expect(try await linked.size().logBytes == real.size().logBytes)
        await linked.close()
        await real.close()
    }

    enum Disappearance: CaseIterable {
        case removed, moved, replaced
    }

    @Test(arguments: Disappearance.allCases)
    func nothingIsAcknowledgedThatNobodyWouldFindAgain(_ disappearance: Disappearance) async throws {
        let database = try database()
        try await fill(database)
        let path = folder.file()
        switch disappearance {
        case .removed: try FileManager.default.removeItem(atPath: path)
        case .moved: try FileManager.default.moveItem(atPath: path, toPath: folder.file("elsewhere"))
        case .replaced:
            try FileManager.default.copyItem(atPath: path, toPath: folder.file("copy"))
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: folder.file("copy"), toPath: path)
        }
        for _ in 0..<10 {
            let error = await #expect(throws: StorageError.self) {
                try await database.execute("INSERT INTO things VALUES ('lost')")
            }
            #expect(error?.problem == .replaced)
            #expect(error?.isNotDone == true)
            #expect(error?.remedy != nil)
        }
        let error = await #expect(throws: StorageError.self) { try await database.fetch("SELECT * FROM things") }
        #expect(error?.problem == .replaced)
        #expect(database.health.status == .unhealthy)
        await database.close()

        let again = try self.database()
        try await fill(again)
        try await again.execute("INSERT INTO things VALUES ('kept')")
        #expect(try await again.fetchValue("SELECT COUNT(*) FROM things") == 1)
        await again.close()
    }

    @Test func aDatabaseOpensWhatIsAtItsPathAgainWhenToldTo() async throws {
        let database = try database()
        try await fill(database)
        try FileManager.default.removeItem(atPath: folder.file())
        await #expect(throws: StorageError.self) { try await database.execute("INSERT INTO things VALUES ('lost')") }
        await database.reopen()
        try await fill(database)
        try await database.execute("INSERT INTO things VALUES ('kept')")
        #expect(try await database.fetchValue("SELECT COUNT(*) FROM things") == 1)
        await database.close()
    }

    @Test func sharedStateGoesOnInANewFile() async throws {
        let database = try database()
        let store = SQLiteStateStore(database)
        _ = try await store.ping()
        try FileManager.default.removeItem(atPath: folder.file())
        let error = await #expect(throws: StorageError.self) { _ = try await store.ping() }
        #expect(error?.problem == .replaced)
        #expect(try await store.join("instance", after: 0) > 0)
        await database.close()
    }

    @Test func aFullDiskDoesNotCloseTheDatabase() async throws {
        let database = try database()
        try await fill(database)
        try await database.write { session in
            let pages = try #require(session.fetchValue("PRAGMA page_count").integer)
            _ = try session.fetchValue("PRAGMA max_page_count = \(pages)")
        }
        let large = SQLValue.text(String(repeating: "x", count: 100_000))
        for _ in 0..<20 {
            let error = await #expect(throws: StorageError.self) {
                try await database.execute("INSERT INTO things VALUES ($1)", [large])
            }
            #expect(error?.problem == .full)
        }
        #expect(try await database.fetchValue("SELECT COUNT(*) FROM things") == 0)
        try await database.write { _ = try $0.fetchValue("PRAGMA max_page_count = 100000") }
        try await database.execute("INSERT INTO things VALUES ($1)", [large])
        #expect(database.breakers.allSatisfy { $0.state == .closed })
        await database.close()
    }
}
