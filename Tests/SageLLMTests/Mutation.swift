import Foundation
import NIOCore

/// Random changes to bytes that a peer might send.
enum Mutation {
    /// How many mutations are tried.
    ///
    /// - Parameter count: How many of them take a few seconds with optimization; without it they are a twentieth. `SAGE_FUZZ`
    ///   in the environment multiplies both.
    static func rounds(_ count: Int) -> Int {
        let factor = ProcessInfo.processInfo.environment["SAGE_FUZZ"].flatMap { Int($0) } ?? 1
        #if DEBUG
        return count * max(1, factor) / 20
        #else
        return count * max(1, factor)
        #endif
    }

    private static let bytes: [UInt8] =
        [UInt8](#"{}[]:,"\ntfe+-.0 u/;dai"#.utf8) + [0, 0x09, 0x0A, 0x0D, 0x1F, 0x7F, 0x80, 0xC0, 0xED, 0xF4, 0xFF]

    /// Changes bytes in up to four places: puts one in, takes or changes one, cuts, repeats or moves a part.
    static func apply(to text: [UInt8], using random: inout SeededGenerator) -> [UInt8] {
        var text = text
        for _ in 0..<Int.random(in: 1...4, using: &random) where !text.isEmpty {
            let position = Int.random(in: 0..<text.count, using: &random)
            let byte = bytes.randomElement(using: &random) ?? 0
            let end = min(text.count, position + Int.random(in: 1...40, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: text.insert(byte, at: position)
            case 1: text[position] = byte
            case 2: text[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 3: text.remove(at: position)
            case 4: text.removeSubrange(position..<end)
            case 5: text.insert(contentsOf: text[position..<end], at: Int.random(in: 0...text.count, using: &random))
            case 6: text.insert(contentsOf: repeatElement(byte, count: 64), at: position)
            default: text.removeSubrange(position...)
            }
        }
        return text
    }

    /// Cuts bytes into pieces, most of them short, some empty.
    static func pieces(of text: [UInt8], using random: inout SeededGenerator) -> [ByteBuffer] {
        let longest = [1, 3, 17, 200].randomElement(using: &random) ?? 1
        var rest = text[...]
        var pieces: [ByteBuffer] = []
        while !rest.isEmpty {
            let count = Int.random(in: 0...min(longest, rest.count), using: &random)
            pieces.append(ByteBuffer(bytes: rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
