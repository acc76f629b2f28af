import SageResilience
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The databases that this process has open, so that nothing it does to their files by itself takes their locks away.
///
/// A process loses all its POSIX locks of a file when it closes any descriptor of it (POSIX, `fcntl`), those that SQLite
/// holds for its connections among them. Another process would then take the database for unused, merge its log and
/// delete it, while this one goes on writing into the deleted log. Every descriptor of a database's file that is not
/// SQLite's is therefore opened here, and while the database is open it is kept instead of being closed.
final class SQLiteFileUse: Sendable {
    /// What a path leads to.
    struct Identity: Sendable, Hashable {
        let device: UInt64
        let inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }

        /// - Returns: Nil when there is no such file.
        init?(path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            self.init(status)
        }
    }

    /// Why the system could not do something.
    struct SystemError: Error {
        let code: Int32
    }

    private struct Entry {
        var users = 0
        var kept: [(flags: Int32, descriptor: Int32)] = []
    }

    private static let entries = Mutex<[Identity: Entry]>([:])

    private let path: String
    /// Without symbolic links: where SQLite keeps the log.
    let resolvedPath: String
    private let identity: Identity
    private let isOver = Atomic<Bool>(false)

    /// Begins to use the file at a path, before the first connection to it is opened; nil when there is none.
    init?(path: String) {
        guard let identity = Identity(path: path) else { return nil }
        self.path = path
        self.resolvedPath = SQLiteFile.resolved(path)
        self.identity = identity
        Self.entries.withLock { $0[identity, default: Entry()].users += 1 }
    }

    deinit { end() }

    /// Looks whether the path still leads to the file that was opened, which takes a microsecond.
    ///
    /// - Throws: ``StorageError/Problem/replaced``.
    func verify(_ store: String) throws(StorageError) {
        guard Identity(path: path) != identity else { return }
        throw StorageError(
            .replaced, store: store, "\(path) was moved, removed or replaced while it was open",
            remedy: "Stop every program that uses the file before it is moved; open the database again", isNotDone: true
        )
    }

    /// Called when the last connection has been closed.
    func end() {
        guard isOver.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        Self.entries.withLock { entries in
            guard var entry = entries[identity] else { return }
            entry.users -= 1
            entries[identity] = entry.users > 0 ? entry : nil
            guard entry.users == 0 else { return }
            for (_, descriptor) in entry.kept { close(descriptor) }
        }
    }

    /// Opens a file that may be a database of this process, and hands its descriptor to a closure.
    ///
    /// Nobody begins to use a file meanwhile, so the closure must not take long.
    ///
    /// - Parameter flags: As for `open`.
    /// - Throws: The system's error when the file cannot be opened.
    static func withDescriptor<Result>(
        of path: String, flags: Int32, _ body: (Int32) -> Result
    ) throws(SystemError) -> Result {
        try entries.withLock { (entries) throws(SystemError) in
            if let identity = Identity(path: path),
                let kept = entries[identity]?.kept.first(where: { $0.flags == flags })
            {
                return body(kept.descriptor)
            }
            let descriptor = open(path, flags | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SystemError(code: errno) }
            let result = body(descriptor)
            var status = stat()
            // The path may lead elsewhere than it did when it was looked at: what is open counts.
            if fstat(descriptor, &status) == 0, entries[Identity(status)] != nil {
                entries[Identity(status)]?.kept.append((flags, descriptor))
            } else {
                close(descriptor)
            }
            return result
        }
    }
}
