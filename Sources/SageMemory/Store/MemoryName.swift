/// The names of memories: a version 7 UUID of RFC 9562, which nobody can guess and which sorts by time.
enum MemoryName {
    /// A new name.
    static func make(at milliseconds: Int64) -> String {
        var generator = SystemRandomNumberGenerator()
        let (first, second) = (generator.next(), generator.next())
        let upper = UInt64(truncatingIfNeeded: milliseconds) << 16 | 0x7000 | first & 0x0FFF
        let lower = 0x8000_0000_0000_0000 | second >> 2
        let digits = hex(upper) + hex(lower)
        var name = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { name.append("-") }
            name.append(digit)
        }
        return name
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
