import Glibc

/// A folder for the files of a run.
struct Folder: Sendable {
    let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/sage-bench.XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure("no folder can be made in \(parent)") }
        path = String(cString: made)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Removes the folder and the files in it.
    func remove() {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink("\(path)/\(name)")
        }
        closedir(folder)
        rmdir(path)
    }
}

/// Why a measurement is none.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Ends the run when something that was counted is not what it has to be.
func check(_ isTrue: Bool, _ what: @autoclosure () -> String) throws {
    guard isTrue else { throw Failure(what()) }
}
