import SageStorage
import Testing

@testable import SageMemory

struct LexicalEmbedderTests {
    private func cosine(_ one: String, _ other: String) -> Float {
        zip(LexicalEmbedder.embed(one), LexicalEmbedder.embed(other)).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// Stored vectors are compared with those of later versions: not a bit may change.
    @Test(arguments: [
        ("hello world", 673_469_389 as UInt32), ("The quick brown fox jumps over the lazy dog", 860_595_481),
        ("熔断器打开后快速失败", 1_305_113_834),
        ("Füße, ŁÓDŹ, Ёлка", 3_383_672_729), ("🤖", 3_704_555_056),
    ])
    func neverChanges(_ text: String, _ expected: UInt32) {
        let raw = LexicalEmbedder.embed(text).flatMap { value in
            withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init)
        }
        #expect(SHA256.hash(raw)[0] == expected)
    }

    @Test(arguments: ["", " ", "a", "!!!", "\u{301}", "熔", String(repeating: "long text ", count: 10_000)])
    func alwaysHasLengthOne(_ text: String) {
        let vector = LexicalEmbedder.embed(text)
        let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(vector.count == 256)
        #expect(abs(length - 1) < 1e-5)
    }

    @Test(arguments: [
        ("how do I rotate the deploy key?", "the deploy key is rotated on Mondays", "lunch is at noon"),
        ("断路器什么时候打开", "熔断器在失败五次后打开断路", "今天天气很好"),
        ("connection refused by postgres", "PostgreSQL refuses connections", "a poem about the sea"),
        ("Straße gesperrt", "STRASSE wird gesperrt", "das Wetter ist gut"),
    ])
    func findsRelatedTextsNearer(_ query: String, _ near: String, _ far: String) {
        #expect(cosine(query, near) > cosine(query, far) + 0.1)
    }

    @Test func isTheSameForTextsThatFoldTheSame() {
        #expect(LexicalEmbedder.embed("CAFÉ, au lait") == LexicalEmbedder.embed("cafe\u{301} AU LAIT!"))
    }

    @Test func embedsInOrder() async throws {
        let vectors = try await LexicalEmbedder().embed(["one", "two"])
        #expect(vectors == [LexicalEmbedder.embed("one"), LexicalEmbedder.embed("two")])
    }
}
