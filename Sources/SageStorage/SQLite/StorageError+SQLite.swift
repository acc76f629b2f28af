import GRDB
import GRDBSQLite

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension StorageError {
    /// What a result code of SQLite says.
    ///
    /// - Parameters:
    ///   - code: The extended result code.
    ///   - text: SQLite's own message, which names tables and columns, never values.
    ///   - store: The name of the store.
    ///   - systemError: The operating system's error number; 0 for none.
    static func sqlite(_ code: Int32, _ text: String, store: String, systemError: Int32 = 0) -> StorageError {
        // It may quote what a damaged file holds.
        let (problem, message, remedy) = SQLiteTrouble.of(code, StorageText.printable(text, limit: 300), systemError)
        return StorageError(problem, store: store, message, remedy: remedy, code: SQLiteTrouble.name(code))
    }

    /// What an error of GRDB says.
    static func sqlite(_ error: any Error, store: String) -> StorageError {
        switch error {
        case let error as StorageError: error
        case let error as DatabaseError:
            .sqlite(error.extendedResultCode.rawValue, error.message ?? "no message", store: store)
        default: StorageError(.other, store: store, "\(type(of: error)) while the database was used")
        }
    }
}

/// The table from SQLite's result codes to what an operator has to know.
private enum SQLiteTrouble {
    typealias Verdict = (StorageError.Problem, String, String?)

    static let doctor =
        "Run `sage doctor`; to save what can be read: sqlite3 FILE .recover | sqlite3 NEW, with the program stopped"

    static func of(_ code: Int32, _ text: String, _ systemError: Int32) -> Verdict {
        switch code {
        case SQLITE_BUSY | 2 << 8:  // BUSY_SNAPSHOT
            return (.serialization, "another transaction changed the database first", nil)
        case SQLITE_ABORT | 2 << 8:  // ABORT_ROLLBACK
            return (.serialization, "the transaction was undone", nil)
        case SQLITE_READONLY | 4 << 8:  // READONLY_DBMOVED
            return (
                .readOnly, "the file was moved, deleted or replaced while it was open",
                "Put the file back, or restart the program"
            )
        case SQLITE_IOERR | 2 << 8:  // IOERR_SHORT_READ
            return (.corrupt, "the file is shorter than its content", doctor)
        case SQLITE_IOERR | 33 << 8:  // IOERR_CORRUPTFS
            return (.corrupt, "the file system is damaged", doctor)
        default:
            break
        }
        switch code & 0xff {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL:
            return (
                .busy, "the database is locked by another connection",
                "Find who holds it: fuser FILE, and end what does not belong there"
            )
        case SQLITE_READONLY:
            return (
                .readOnly, "the database cannot be written: \(text)",
                "Give the program's user the right to write the file and its folder"
            )
        case SQLITE_FULL, SQLITE_NOLFS:
            return (.full, "the disk is full, or the database has reached its largest size", "Free space on the disk")
        case SQLITE_IOERR where systemError == ENOSPC || systemError == EDQUOT:
            return (.full, "the disk is full", "Free space on the disk")
        case SQLITE_IOERR where systemError == EROFS:
            return (.readOnly, "the file system is read-only", "Mount it writable, or choose another folder")
        case SQLITE_IOERR:
            return (
                .other, "the file system reports an error: \(text)", "Look at the system's log for errors of the disk"
            )
        case SQLITE_CORRUPT:
            return (.corrupt, "the database is damaged: \(text)", doctor)
        case SQLITE_NOTADB:
            return (.foreign, "the file is no SQLite database", "Choose another file, or move this one away")
        case SQLITE_CANTOPEN:
            return cannotOpen(text, systemError)
        case SQLITE_PERM, SQLITE_AUTH:
            return (.privilege, "not allowed: \(text)", nil)
        case SQLITE_CONSTRAINT:
            return (.constraint, text, nil)
        case SQLITE_TOOBIG:
            return (.value, "a value is larger than the database allows", nil)
        case SQLITE_MISMATCH:
            return (.value, "a value has the wrong type for its column", nil)
        case SQLITE_RANGE, SQLITE_ERROR:
            return (.statement, text, nil)
        case SQLITE_SCHEMA:
            return (.serialization, "the schema changed while the statement was prepared", nil)
        case SQLITE_INTERRUPT:
            return (.timeout, "the statement was interrupted", nil)
        default:
            return (.other, text, nil)
        }
    }

    private static func cannotOpen(_ text: String, _ systemError: Int32) -> Verdict {
        switch systemError {
        case EACCES, EPERM:
            (
                .privilege, "the file or its folder may not be opened",
                "Give the program's user the right to read and write the file and its folder"
            )
        case ENOENT, ENOTDIR: (.databaseMissing, "the file or its folder does not exist", nil)
        case EROFS:
            (.readOnly, "the file system is read-only", "Mount it writable, or choose another folder")
        case EMFILE, ENFILE:
            (.tooManyConnections, "the process has no file descriptor left", "Raise the limit of open files: ulimit -n")
        default: (.other, text, nil)
        }
    }

    /// The extended code as SQLite's documentation writes it, where it is a frequent one; else as a number.
    static func name(_ code: Int32) -> String {
        let primary = primaryNames[code & 0xff]
        guard code > 0xff else { return primary ?? "\(code)" }
        return extendedNames[code] ?? primary.map { "\($0) \(code)" } ?? "\(code)"
    }

    private static let primaryNames: [Int32: String] = [
        SQLITE_ERROR: "SQLITE_ERROR", SQLITE_INTERNAL: "SQLITE_INTERNAL", SQLITE_PERM: "SQLITE_PERM",
        SQLITE_ABORT: "SQLITE_ABORT", SQLITE_BUSY: "SQLITE_BUSY", SQLITE_LOCKED: "SQLITE_LOCKED",
        SQLITE_NOMEM: "SQLITE_NOMEM", SQLITE_READONLY: "SQLITE_READONLY", SQLITE_INTERRUPT: "SQLITE_INTERRUPT",
        SQLITE_IOERR: "SQLITE_IOERR", SQLITE_CORRUPT: "SQLITE_CORRUPT", SQLITE_FULL: "SQLITE_FULL",
        SQLITE_CANTOPEN: "SQLITE_CANTOPEN", SQLITE_PROTOCOL: "SQLITE_PROTOCOL", SQLITE_SCHEMA: "SQLITE_SCHEMA",
        SQLITE_TOOBIG: "SQLITE_TOOBIG", SQLITE_CONSTRAINT: "SQLITE_CONSTRAINT", SQLITE_MISMATCH: "SQLITE_MISMATCH",
        SQLITE_MISUSE: "SQLITE_MISUSE", SQLITE_AUTH: "SQLITE_AUTH", SQLITE_RANGE: "SQLITE_RANGE",
        SQLITE_NOTADB: "SQLITE_NOTADB",
    ]

    private static let extendedNames: [Int32: String] = [
        SQLITE_BUSY | 1 << 8: "SQLITE_BUSY_RECOVERY", SQLITE_BUSY | 2 << 8: "SQLITE_BUSY_SNAPSHOT",
        SQLITE_CONSTRAINT | 1 << 8: "SQLITE_CONSTRAINT_CHECK",
        SQLITE_CONSTRAINT | 3 << 8: "SQLITE_CONSTRAINT_FOREIGNKEY",
        SQLITE_CONSTRAINT | 5 << 8: "SQLITE_CONSTRAINT_NOTNULL",
        SQLITE_CONSTRAINT | 6 << 8: "SQLITE_CONSTRAINT_PRIMARYKEY",
        SQLITE_CONSTRAINT | 7 << 8: "SQLITE_CONSTRAINT_TRIGGER", SQLITE_CONSTRAINT | 8 << 8: "SQLITE_CONSTRAINT_UNIQUE",
        SQLITE_CONSTRAINT | 10 << 8: "SQLITE_CONSTRAINT_ROWID", SQLITE_IOERR | 1 << 8: "SQLITE_IOERR_READ",
        SQLITE_IOERR | 2 << 8: "SQLITE_IOERR_SHORT_READ", SQLITE_IOERR | 3 << 8: "SQLITE_IOERR_WRITE",
        SQLITE_IOERR | 4 << 8: "SQLITE_IOERR_FSYNC", SQLITE_CORRUPT | 1 << 8: "SQLITE_CORRUPT_VTAB",
        SQLITE_READONLY | 4 << 8: "SQLITE_READONLY_DBMOVED",
    ]
}
