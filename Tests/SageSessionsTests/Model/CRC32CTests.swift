import SageSessions
import Testing

struct CRC32CTests {
    @Test(
        "the vectors of RFC 3720, appendix B.4, and the check value of the catalogue of CRCs",
        arguments: [
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            ([UInt8](0...31), 0x46DD_794E),
            ((0...31).reversed().map { UInt8($0) }, 0x113F_DB5C),
            (Array("123456789".utf8), 0xE306_9283),
            ([], 0),
        ] as [([UInt8], UInt32)])
    func knownVectors(bytes: [UInt8], expected: UInt32) {
        #expect(CRC32C(of: bytes).value == expected)
    }

    @Test(arguments: 0...40)
    func piecesGiveTheSameAsTheWhole(cut: Int) {
        let bytes = (0..<40).map { UInt8($0 * 7 & 0xFF) }
        var crc = CRC32C()
        crc.update(Array(bytes[..<cut]))
        crc.update(Array(bytes[cut...]))
        #expect(crc == CRC32C(of: bytes))
    }

    @Test func everySingleFlippedBitShows() {
        let entry = LogEntry(seq: 7, id: "e", .message(Message(.user, "hello")), epoch: 3, createdAt: 5)
        #expect(entry.isIntact)
        for index in entry.payload.indices {
            for bit in 0..<8 {
                var payload = entry.payload
                payload[index] ^= 1 << bit
                let torn = LogEntry(
                    seq: 7, id: "e", kind: entry.kind, payload: payload, epoch: 3, createdAt: 5,
                    checksum: entry.checksum)
                #expect(!torn.isIntact)
            }
        }
    }

    @Test func everyFieldIsCovered() {
        let entry = LogEntry(seq: 7, id: "ab", kind: "note", payload: [1], epoch: 3, createdAt: 5)
        let others = [
            LogEntry(seq: 8, id: "ab", kind: "note", payload: [1], epoch: 3, createdAt: 5),
            LogEntry(seq: 7, id: "abn", kind: "ote", payload: [1], epoch: 3, createdAt: 5),
            LogEntry(seq: 7, id: "ab", kind: "notf", payload: [1], epoch: 3, createdAt: 5),
            LogEntry(seq: 7, id: "ab", kind: "note", payload: [2], epoch: 3, createdAt: 5),
            LogEntry(seq: 7, id: "ab", kind: "note", payload: [1], epoch: 4, createdAt: 5),
            LogEntry(seq: 7, id: "ab", kind: "note", payload: [1], epoch: 3, createdAt: 6),
        ]
        #expect(Set(others.map(\.checksum) + [entry.checksum]).count == others.count + 1)
    }
}
