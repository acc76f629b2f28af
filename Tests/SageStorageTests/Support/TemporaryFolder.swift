import Foundation
import StorageTestSupport

/// What the tests of files look at.
extension TemporaryFolder {
    func bytes(of name: String = "sage.db") throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    func write(_ bytes: [UInt8], to name: String = "sage.db") throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    }

    var contents: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }

    func permissions(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
