import SageGateway

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Reads and writes the text files that a command is given.
enum TextFile {
    /// Reads a whole file.
    ///
    /// - Throws: ``CommandFailure`` that names the file.
    static func read(_ path: String, limit: Int) throws(CommandFailure) -> String {
        let bytes: [UInt8]
        do throws(BoundedFile.Failure) {
            bytes = try BoundedFile.read(path, limit: limit)
        } catch {
            switch error {
            case .unreadable(let reason): throw CommandFailure(.usage, "\(path) cannot be read: \(reason)")
            case .tooLarge: throw CommandFailure(.usage, "\(path) is larger than \(limit) bytes")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.usage, "\(path) is not valid UTF-8")
        }
        return text
    }

    /// Writes a whole file.
    ///
    /// - Throws: ``CommandFailure`` that names the file.
    static func write(_ text: String, to path: String, overwriting: Bool) throws(CommandFailure) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw CommandFailure(.usage, "the path of the file is not valid")
        }
        do {
            try Data(text.utf8).write(
                to: URL(filePath: path), options: overwriting ? .atomic : .withoutOverwriting)
        } catch let error as CocoaError where error.code == .fileWriteFileExists {
            throw CommandFailure(.failed, "\(path.printable) exists already; --force overwrites it")
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            throw CommandFailure(.failed, "\(path.printable) cannot be written: there is no such folder")
        } catch let error as CocoaError where error.code == .fileWriteNoPermission {
            throw CommandFailure(.failed, "\(path.printable) cannot be written: permission denied")
        } catch {
            throw CommandFailure(.failed, "\(path.printable) cannot be written")
        }
    }
}
