import GRDB
import GRDBSQLite
import SageResilience

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The file of a database before it is opened: made when it is missing, refused untouched when it is another program's.
struct SQLiteFile {
    /// What every database file of this program carries at offset 68: "Sage".
    static let applicationID: UInt32 = 0x5361_6765

    let path: String
    let store: String

    init(path: String, store: String) {
        self.path = path
        self.store = store
    }

    /// The file at a path that SQLite cannot take for a URL.
    init(openable path: String, store: String) {
        self.init(path: path.hasPrefix("file:") ? "./" + path : path, store: store)
    }

    /// Looks at the file without SQLite, which would recover and empty the log of another program.
    ///
    /// - Returns: Whether there is a database already.
    func check() throws(StorageError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw systemError(errno, "opening \(path)") }
            return false
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StorageError(.foreign, store: store, "\(path) is no file", remedy: "Choose another path")
        }
        guard status.st_size > 0 else { return false }
        let header = try readHeader()
        if !header.starts(with: "SQLite format 3\0".utf8) {
            // A file whose first page is in a journal is for SQLite to repair.
            if hasCompanion("-journal") { return true }
            throw StorageError(
                .foreign, store: store, "\(path) is no SQLite database", remedy: "Choose another file, or move it away")
        }
        guard header.count == 100 else {
            throw StorageError(
                .corrupt, store: store, "\(path) ends within its header", remedy: "Restore it from a backup")
        }
        func number(at offset: Int) -> UInt32 {
            header[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
        let id = number(at: 68)
        if id == Self.applicationID { return true }
        // An empty database that nobody has claimed.
        if id == 0, number(at: 28) <= 1, !hasLog { return false }
        throw StorageError(
            .foreign, store: store, "\(path) is a database of another program",
            remedy: "Choose another file, or move it away")
    }

    /// Makes the folders that are missing, for the user alone, and an empty file.
    func create() throws(StorageError) {
        try createFolders()
        do {
            try SQLiteFileUse.withDescriptor(of: path, flags: O_CREAT | O_RDWR) { _ in }
        } catch {
            throw systemError(error.code, "creating \(path)")
        }
    }

    /// Refuses a file that exists and cannot be written, which SQLite would open for reading only.
    func checkWritable() throws(StorageError) {
        do {
            try SQLiteFileUse.withDescriptor(of: path, flags: O_RDWR) { _ in }
        } catch {
            throw notWritable(error.code, "writing \(path)")
        }
        // The log is written beside the file.
        guard access(folder, W_OK) == 0 else { throw notWritable(errno, "writing in \(folder)") }
    }

    /// Whether there is a log that has not been merged into the file.
    var hasLog: Bool { hasCompanion("-wal") }

    var isFolderWritable: Bool { access(folder, W_OK) == 0 }

    /// A path without symbolic links, beside which SQLite keeps what belongs to a file.
    ///
    /// The path as it is when it leads nowhere.
    static func resolved(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private func createFolders() throws(StorageError) {
        var missing: [String] = []
        var current = folder
        while access(current, F_OK) != 0, errno == ENOENT {
            missing.append(current)
            guard let slash = current.lastIndex(of: "/"), slash != current.startIndex else { break }
            current = String(current[..<slash])
        }
        for folder in missing.reversed() {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                throw systemError(errno, "making the folder \(folder)")
            }
        }
    }

    private func readHeader() throws(StorageError) -> [UInt8] {
        var header = [UInt8](repeating: 0, count: 100)
        let count: Int
        do {
            count = try SQLiteFileUse.withDescriptor(of: path, flags: O_RDONLY) { descriptor in
                header.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
            }
        } catch {
            throw systemError(error.code, "reading \(path)")
        }
        guard count >= 0 else { throw systemError(errno, "reading \(path)") }
        return Array(header.prefix(count))
    }

    private func hasCompanion(_ suffix: String) -> Bool { Self.size(of: Self.resolved(path) + suffix) > 0 }

    private func notWritable(_ code: Int32, _ doing: String) -> StorageError {
        var error = systemError(code, doing)
        if error.problem == .privilege { error.problem = .readOnly }
        return error
    }

    func systemError(_ code: Int32, _ doing: String) -> StorageError {
        let text = "\(doing) failed: \(String(cString: strerror(code)))"
        let (problem, remedy): (StorageError.Problem, String?) =
            switch code {
            case EACCES, EPERM:
                (.privilege, "Give the program's user the right to read and write the file and its folder")
            case EROFS: (.readOnly, "Mount the file system writable, or choose another folder")
            case ENOSPC, EDQUOT: (.full, "Free space on the disk")
            case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: (.databaseMissing, "Choose another path")
            case EMFILE, ENFILE: (.tooManyConnections, "Raise the limit of open files: ulimit -n")
            default: (.other, nil)
            }
        return StorageError(problem, store: store, text, remedy: remedy, isNotDone: true)
    }
}

extension SQLiteFile {
    /// The size of a file in bytes; 0 when there is none.
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
