#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reads small files; a limit holds for whatever is behind the path, a pipe or a device included.
package enum BoundedFile {
    /// Why nothing was read.
    package enum Failure: Error {
        case unreadable(reason: String)
        case tooLarge
    }

    /// Reads a whole file.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - limit: The most bytes to accept.
    /// - Returns: The bytes of the file.
    /// - Throws: `Failure` if the file cannot be opened or read, or has more bytes than the limit.
    package static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        // C takes the text up to the first NUL, which would be another file.
        guard !path.isEmpty, !path.utf8.contains(0) else { throw .unreadable(reason: "the path is not valid") }
        guard let file = fopen(path, "rb") else { throw .unreadable(reason: lastReason()) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            if count == 0 { break }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw .tooLarge }
        }
        guard ferror(file) == 0 else { throw .unreadable(reason: lastReason()) }
        return bytes
    }

    private static func lastReason() -> String {
        switch errno {
        case ENOENT: "there is no such file"
        case EACCES, EPERM: "permission denied"
        case EISDIR: "it is a directory"
        default: "system error \(errno)"
        }
    }
}
