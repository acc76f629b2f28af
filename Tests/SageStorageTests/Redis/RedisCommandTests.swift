import Testing

@testable import SageStorage

struct RedisCommandTests {
    @Test func argumentsAreSentWithTheirLength() {
        var bytes: [UInt8] = []
        let command: RedisCommand = ["SET", .text("k\r\n$3"), .bytes([0, 255]), .integer(-7)]
        command.encode(to: &bytes)
        #expect(
            bytes == Array("*4\r\n$3\r\nSET\r\n$5\r\nk\r\n$3\r\n$2\r\n".utf8) + [0, 255]
                + Array("\r\n$2\r\n-7\r\n".utf8))
    }

    @Test func anEmptyCommandIsRefused() {
        #expect(RedisCommand([]).objection != nil)
        #expect(RedisCommand([""]).objection != nil)
        #expect(RedisCommand(["PING"]).objection == nil)
    }

    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        (String(repeating: "a", count: 1_000_000), "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
    func scriptsAreKnownByTheirDigest(_ text: String, _ digest: String) {
        #expect(RedisScript("test", source: text).digest == digest)
    }
}
