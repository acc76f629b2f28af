import GRDB
import GRDBSQLite
import SageResilience

/// Opens a database; blocks, so it runs on a thread of its own.
struct SQLiteOpening {
    let store: String
    let configuration: SQLiteConfiguration
    let clock: any Clock<Duration>
    let deadline: Deadline

    func open() throws(StorageError) -> SQLiteStorage {
        switch configuration.location {
        case .memory:
            return try storage { try DatabaseQueue(configuration: connections()) }
        case .file(let path):
            return try open(SQLiteFile(openable: path, store: store))
        }
    }

    private func open(_ file: SQLiteFile) throws(StorageError) -> SQLiteStorage {
        let exists = try file.check()
        if configuration.isReadOnly { return try openReadOnly(file, exists: exists) }
        if exists { try file.checkWritable() } else { try file.create() }
        let use = SQLiteFileUse(path: file.path)
        let first = try SQLiteConnection.open(file)
        // Stays open until the others are: the last connection to close removes the log, under a lock.
        defer { sqlite3_close_v2(first.handle) }
        try interruptible(first) { () throws(StorageError) in
            if !exists { try claim(first, file) }
            try useLog(first)
            // GRDB wants a log with something in it, and would write into it without waiting for other processes.
            if !file.hasLog { try writeNumber(first) }
        }
        let storage = try storage(use) { try DatabasePool(path: file.path, configuration: connections()) }
        try setUpWriter(storage)
        return storage
    }

    // MARK: Making a file a database

    /// Writes this program's number into an empty file, before the log is used, so that it stands in the file itself.
    private func claim(_ connection: SQLiteConnection, _ file: SQLiteFile) throws(StorageError) {
        try connection.run("PRAGMA auto_vacuum = INCREMENTAL")
        try connection.run("BEGIN EXCLUSIVE")
        do throws(StorageError) {
            let id = try connection.text("PRAGMA application_id")
            // Another process of this program may have been here first.
            if id != "\(SQLiteFile.applicationID)" {
                guard id == "0", try connection.text("SELECT 1 FROM sqlite_schema LIMIT 1") == nil else {
                    throw StorageError(
                        .foreign, store: store, "\(file.path) is a database of another program",
                        remedy: "Choose another file, or move it away")
                }
                try connection.run("PRAGMA application_id = \(SQLiteFile.applicationID)")
            }
            try connection.run("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.run("ROLLBACK") }
            throw error
        }
    }

    private func writeNumber(_ connection: SQLiteConnection) throws(StorageError) {
        try connection.run("BEGIN IMMEDIATE")
        do throws(StorageError) {
            try connection.run("PRAGMA application_id = \(SQLiteFile.applicationID)")
            try connection.run("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.run("ROLLBACK") }
            throw error
        }
    }

    private func useLog(_ connection: SQLiteConnection) throws(StorageError) {
        if try connection.text("PRAGMA journal_mode") == "wal" { return }
        guard try connection.text("PRAGMA journal_mode = WAL") == "wal" else {
            throw StorageError(
                .other, store: store, "the file system does not support a write-ahead log",
                remedy: "Put the file on a local disk")
        }
    }

    // MARK: Opening for reading

    private func openReadOnly(_ file: SQLiteFile, exists: Bool) throws(StorageError) -> SQLiteStorage {
        guard exists else {
            throw StorageError(.databaseMissing, store: store, "there is no database at \(file.path)")
        }
        var path = file.path
        if !file.isFolderWritable {
            guard !file.hasLog else {
                throw StorageError(
                    .readOnly, store: store, "the log beside the database cannot be merged on a read-only medium",
                    remedy: "Copy the file and its -wal to a folder that can be written")
            }
            // Readers of a log need a file of shared memory beside it, which cannot be made here.
            path = SQLiteFile.immutableURL(path)
        }
        return try storage(SQLiteFileUse(path: file.path)) {
            try DatabasePool(path: path, configuration: connections())
        }
    }

    // MARK: Connections

    private func connections() -> Configuration {
        var connections = Configuration()
        connections.label = "sage.\(store)"
        connections.readonly = configuration.isReadOnly
        connections.maximumReaderCount = configuration.maxReaders
        connections.persistentReadOnlyConnections = true
        // Only for what GRDB does by itself while it opens connections; transactions bring their own waiting.
        connections.busyMode = .timeout(5)
        let maxLength = Int32(min(configuration.maxValueBytes + (1 << 20), 1_000_000_000))
        connections.prepareDatabase { database in
            guard let handle = database.sqliteConnection else { return }
            // Room for the rest of a row with one value of the largest size.
            sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, maxLength)
        }
        return connections
    }

    private func setUpWriter(_ storage: SQLiteStorage) throws(StorageError) {
        let level = configuration.synchronization == .full ? "FULL" : "NORMAL"
        let sizeLimit = configuration.maxLogBytes
        let store = store
        try catching {
            try storage.database.writeWithoutTransaction { database in
                guard let handle = database.sqliteConnection else { return }
                let connection = SQLiteConnection(handle: handle, store: store)
                // GRDB sets it to NORMAL when it turns the log on.
                try connection.run("PRAGMA synchronous = \(level)")
                try connection.run("PRAGMA journal_size_limit = \(sizeLimit)")
            }
        }
    }

    private func storage(
        _ use: SQLiteFileUse? = nil, _ open: () throws -> any DatabaseWriter
    ) throws(StorageError) -> SQLiteStorage {
        SQLiteStorage(try catching(open), use, store: store, configuration, clock: clock)
    }

    private func catching<Value>(_ body: () throws -> Value) throws(StorageError) -> Value {
        do {
            return try body()
        } catch {
            var error = StorageError.sqlite(error, store: store)
            error.isNotDone = true
            throw error
        }
    }

    private func interruptible(
        _ connection: SQLiteConnection, _ body: () throws(StorageError) -> Void
    ) throws(StorageError) {
        let interruption = SQLiteInterruption(deadline: deadline)
        let busy = Deadline.after(configuration.busyTimeout, clock: clock)
        do throws(StorageError) {
            try connection.interruptible(by: interruption, busy: busy) {
                Result { () throws(StorageError) in try body() }
            }.get()
        } catch {
            var error = error
            error.isNotDone = true
            throw error
        }
    }
}

extension SQLiteFile {
    /// The URL by which SQLite reads a file that nobody can change.
    static func immutableURL(_ path: String) -> String {
        var url = "file:"
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "%"):
                url += "%" + String(byte, radix: 16)
            default:
                url.unicodeScalars.append(Unicode.Scalar(byte))
            }
        }
        return url + "?immutable=1"
    }
}
