import Foundation
import Testing

@testable import SageGateway

struct DiskCheckTests {
    @Test(arguments: [
        (UInt64(0), CheckResult.Status.failed), (63 << 20, .failed), (64 << 20, .warning), (1_023 << 20, .warning),
        (1_024 << 20, .fine), (.max, .fine),
    ])
    func littleRoomIsTold(free: UInt64, expected: CheckResult.Status) {
        let result = DiskCheck.judge("data directory", "/data", free: free)
        #expect(result.status == expected)
        #expect(result.message.contains("\(free >> 20) MiB"))
    }

    @Test func aDirectoryThatIsNotThereYetIsJudgedByWhereItWillBe() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sage-disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let result = DiskCheck(directory: "\(folder)/no/such/folder").run()
        #expect(result.status != .failed || result.message.contains("MiB"))
        #expect(result.message.hasPrefix(folder))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func aFileInTheWayIsAFailure() {
        let result = DiskCheck(directory: "/dev/null/sage").run()
        #expect(result.status == .failed)
        #expect(result.remedy?.contains("--data-dir") == true)
    }
}
