import Foundation
import Testing

@testable import SageLLM

struct JSONScannerFuzzTests {
    @Test(arguments: UInt64(0)..<8)
    func randomDocumentsAreValidHereAndInFoundation(_ seed: UInt64) throws {
        var generator = DocumentGenerator(seed: seed)
        for _ in 0..<150 {
            let document = generator.document()
            #expect(scan(document) == nil, "\(document)")
            let parsed = try JSONValue(parsing: document)
            #expect(try JSONValue(parsing: parsed.jsonBytes) == parsed)
            #expect(throws: Never.self) { try JSONDecoder().decode(JSONValue.self, from: Data(document.utf8)) }
        }
    }

    @Test(arguments: UInt64(100)..<108)
    func mutatedDocumentsAreJudgedLikeFoundationAndNeverCrash(_ seed: UInt64) {
        var generator = DocumentGenerator(seed: seed)
        var judgedInvalid = 0
        for _ in 0..<200 {
            var bytes = [UInt8](generator.document().utf8)
            for _ in 0...Int.random(in: 0...2, using: &generator.random) {
                Self.mutate(&bytes, using: &generator.random)
            }
            let error = scan(bytes)
            if let error { #expect((0...bytes.count).contains(error.offset)) }
            #expect((try? JSONValue(parsing: bytes)) == nil ? error != nil : error == nil)
            judgedInvalid += error == nil ? 0 : 1
            // Foundation guesses UTF-16 and UTF-32 from NUL bytes, and takes a byte order mark.
            guard !bytes.contains(0), bytes.first != 0xEF, bytes.first != 0xFE, bytes.first != 0xFF else { continue }
            let foundation = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            // Foundation refuses lone surrogates and numbers that are out of range; the grammar allows them.
            // On Linux it takes a comma before a closing bracket.
            if let error, Self.isTrailingComma(bytes, at: error.offset) { continue }
            if error != nil { #expect(foundation == nil, "\(String(decoding: bytes, as: UTF8.self))") }
            if foundation == nil, error == nil {
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(text.contains(#"\u"#) || text.contains("e") || text.contains("E"), "\(text)")
            }
        }
        #expect(judgedInvalid > 20)
    }

    @Test func everyPrefixOfADocumentIsCutOrComplete() throws {
        var generator = DocumentGenerator(seed: 77)
        for _ in 0..<15 {
            let bytes = [UInt8](("{\"k\":" + generator.document() + "}").utf8)
            for length in 0..<bytes.count {
                #expect(scan([UInt8](bytes[..<length]))?.reason == .unexpectedEnd)
            }
        }
    }

    private static func isTrailingComma(_ bytes: [UInt8], at offset: Int) -> Bool {
        guard offset < bytes.count, bytes[offset] == .closeBrace || bytes[offset] == .closeBracket else { return false }
        return bytes[..<offset].last { $0 > .space } == .comma
    }

    private static func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        let position = Int.random(in: 0...bytes.count, using: &random)
        let interesting: [UInt8] =
            [UInt8](#"{}[]:,"\ntfe+-.0 u/"#.utf8) + [0x00, 0x1F, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFF]
        let byte = interesting.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes.insert(byte, at: position)
        case 1 where position < bytes.count: bytes[position] = byte
        case 2 where position < bytes.count: bytes.remove(at: position)
        default: bytes.removeSubrange(position...)
        }
    }
}
