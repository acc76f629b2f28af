import SageTesting

extension SeededGenerator {
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// Flips, cuts, doubles, inserts: what happens to files.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) where !bytes.isEmpty {
            let place = below(bytes.count)
            switch below(6) {
            case 0: bytes[place] ^= 1 << UInt8(below(8))
            case 1: bytes.removeSubrange(place...)
            case 2: bytes.removeSubrange(place..<min(place + 1 + below(9), bytes.count))
            case 3: bytes.insert(contentsOf: bytes[place..<min(place + 20, bytes.count)], at: place)
            case 4: bytes.insert(pick(Array("{}[]\",:\\0\u{0}n".utf8)), at: place)
            default: bytes[place] = UInt8(below(256))
            }
        }
        return bytes
    }
}
