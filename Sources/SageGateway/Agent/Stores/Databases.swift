import SageStorage
import Synchronization

/// The databases of a server, one for each place: what lies in one file shares its connections.
final class Databases: Sendable {
    private let make: @Sendable (StoreAddress) throws -> any SQLDatabase
    private let known = Mutex<[StoreAddress: any SQLDatabase]>([:])

    /// - Parameter make: Makes the database of a place; it connects to nothing yet.
    init(_ make: @escaping @Sendable (StoreAddress) throws -> any SQLDatabase) {
        self.make = make
    }

    /// The database of a place.
    ///
    /// - Throws: `ConfigurationError` or `StorageError` for a place that cannot be one.
    func database(_ address: StoreAddress) throws -> any SQLDatabase {
        try known.withLock { known in
            if let database = known[address] { return database }
            let database = try make(address)
            known[address] = database
            return database
        }
    }

    /// Closes one, so that the next who asks for its place gets another.
    func discard(_ database: any SQLDatabase) async {
        known.withLock { known in known = known.filter { ($0.value as AnyObject) !== (database as AnyObject) } }
        await database.close()
    }

    /// Gives room that was freed back to the file system and empties logs, for the databases that are files.
    ///
    /// A little at a time, so that writes come in between; what fails is left for the next time.
    func maintain() async {
        for case let database as SQLiteDatabase in known.withLock({ Array($0.values) }) {
            for _ in 0..<Self.maximumSteps {
                guard !Task.isCancelled, (try? await database.maintain()) != nil,
                    let size = try? await database.size(), size.freeBytes > 0
                else { break }
            }
        }
    }

    /// Each gives up to 10,000 pages back: some gigabytes in all.
    private static let maximumSteps = 100

    /// Closes all of them.
    func close() async {
        let databases = known.withLock { known in
            defer { known = [:] }
            return Array(known.values)
        }
        for database in databases { await database.close() }
    }
}
