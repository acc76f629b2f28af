#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A copy of a database that is made under another name and gets its own when it is complete and on the disk.
struct SQLiteCopy: Sendable {
    let path: String
    let store: String

    /// - Parameter make: Fills the empty file whose path it is handed.
    func write(_ make: (String) throws(StorageError) -> Void) throws(StorageError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw StorageError(.value, store: store, "the path of the copy is empty or contains NUL")
        }
        guard access(path, F_OK) != 0 else {
            throw StorageError(
                .value, store: store, "\(path) exists already", remedy: "Choose a path where nothing is yet")
        }
        let partial = path + ".partial"
        // What an attempt left that was killed.
        unlink(partial)
        let descriptor = open(partial, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failed("creating \(partial)") }
        defer { close(descriptor) }
        do throws(StorageError) {
            try make(partial)
            // SQLite does not wait for the disk while it makes a copy.
            guard fsync(descriptor) == 0 else { throw failed("writing \(partial) to the disk") }
            // Unlike rename, this never replaces what came there meanwhile.
            guard link(partial, path) == 0 else { throw failed("naming \(path)") }
        } catch {
            unlink(partial)
            throw error
        }
        unlink(partial)
        syncFolder()
    }

    private func syncFolder() {
        let descriptor = open(SQLiteFile(path: path, store: store).folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    private func failed(_ doing: String) -> StorageError {
        SQLiteFile(path: path, store: store).systemError(errno, doing)
    }
}
