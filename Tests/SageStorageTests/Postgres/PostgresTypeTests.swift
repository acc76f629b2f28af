import Testing

@testable import SageStorage

struct PostgresTypeTests {
    private func value(_ type: UInt32, _ bytes: [UInt8], isBinary: Bool) -> SQLValue? {
        bytes.withUnsafeBytes { PostgresType(type).value($0, isBinary: isBinary) }
    }

    static let binary: [(UInt32, [UInt8], SQLValue)] = [
        (16, [1], 1), (16, [0], 0), (21, [0xff, 0xfe], -2), (23, [0x80, 0, 0, 0], .integer(Int64(Int32.min))),
        (20, [0x80, 0, 0, 0, 0, 0, 0, 0], .integer(.min)), (26, [0, 0, 0, 7], 7), (17, [0, 255], .blob([0, 255])),
        (17, [], .blob([])), (25, [], ""), (25, Array("é".utf8), "é"), (3802, [1] + Array("{}".utf8), "{}"),
        (701, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], .real(1.5)), (700, [0x3f, 0xc0, 0, 0], .real(1.5)),
        (
            2950, Array(0...15), "00010203-0405-0607-0809-0a0b0c0d0e0f"
        ),
    ]

    @Test(arguments: binary) func readsTheBinaryFormat(_ type: UInt32, _ bytes: [UInt8], _ expected: SQLValue) {
        #expect(value(type, bytes, isBinary: true) == expected)
        #expect(PostgresType.isReadBinary(type))
    }

    static let text: [(UInt32, String, SQLValue)] = [
        (16, "t", 1), (16, "f", 0), (20, "-9223372036854775808", .integer(.min)), (701, "1e-05", .real(1e-05)),
        (701, "Infinity", .real(.infinity)), (17, "\\x00fF", nil), (17, "\\x00ff", .blob([0, 255])),
        (17, "\\x", .blob([])), (17, "\\x0", nil), (17, "00", nil), (1700, "1.50", "1.50"),
        (1184, "2026-11-21 10:00:00+00", "2026-11-21 10:00:00+00"), (20, "1.5", nil), (16, "true", nil),
    ]

    /// What is not what its type says is nothing, which the reader makes an error.
    @Test(arguments: text) func readsTheTextFormat(_ type: UInt32, _ text: String, _ expected: SQLValue) {
        #expect(value(type, Array(text.utf8), isBinary: false) ?? .null == expected)
    }

    @Test(arguments: [16, 20, 700, 701, 2950, 3802] as [UInt32])
    func refusesBytesOfAnotherLength(_ type: UInt32) {
        #expect(value(type, [], isBinary: true) == nil)
        #expect(value(type, [9, 9, 9], isBinary: true) == nil)
    }

    @Test func readsNoBinaryFormatOfOtherTypes() {
        for type in [1700, 1184, 1114, 1009, 16_400] as [UInt32] { #expect(!PostgresType.isReadBinary(type)) }
    }
}
