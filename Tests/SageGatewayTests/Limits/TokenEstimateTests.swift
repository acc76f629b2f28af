import NIOCore
import SageTesting
import Testing

@testable import SageGateway

struct TokenEstimateTests {
    @Test(arguments: [(0, 1), (4, 2), (400, 101), (16_384, 4_097)])
    func smallBodiesHaveFourBytesAToken(_ bytes: Int, _ tokens: Int) {
        #expect(TokenEstimate.input(ByteBuffer(repeating: UInt8(ascii: "a"), count: bytes)) == tokens)
    }

    @Test func longTextHasFourBytesATokenToo() {
        let text = String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 2_000)
        #expect(TokenEstimate.input(ByteBuffer(string: text)) == text.utf8.count / 4 + 1)
        let chinese = String(repeating: "敏捷的棕色狐狸跳过懒狗", count: 2_000)
        #expect(TokenEstimate.input(ByteBuffer(string: chinese)) == chinese.utf8.count / 4 + 1)
    }

    @Test func anImageCountsOnceWhateverItsSize() {
        var random = SeededGenerator(seed: 1)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let image = (0..<1_000_000).compactMap { _ in alphabet.randomElement(using: &random) }
        let text = String(repeating: "What is in this picture? ", count: 400)
        var body = ByteBuffer(string: #"{"messages":[{"content":""# + text + #"","url":"data:image/png;base64,"#)
        body.writeBytes(image)
        body.writeString(#""}]}"#)
        let tokens = TokenEstimate.input(body)
        // Two blocks at the ends of the image are partly text.
        #expect(tokens >= text.utf8.count / 4 + TokenEstimate.perAttachment)
        #expect(tokens <= text.utf8.count / 4 + TokenEstimate.perAttachment + 600)
    }

    @Test(arguments: [
        (nil, 1, 1 + TokenEstimate.defaultOutput), (100, 1, 101), (100, 3, 301), (100, 0, 1), (nil, 0, 1),
        (-5, 1, 1), (Int.max, 128, 1 + Int(Int32.max)), (Int.max, 1, 1 + Int(Int32.max)),
    ])
    func theAnswersAreAdded(_ maxOutput: Int?, _ answers: Int, _ tokens: Int) {
        #expect(TokenEstimate.total(ByteBuffer(), maxOutput: maxOutput, answers: answers) == tokens)
    }
}
