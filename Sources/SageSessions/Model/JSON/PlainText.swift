extension UnsafeBufferPointer<UInt8> {
    /// Where a JSON string stops to stand for itself: the first quotation mark, backslash or control character from a
    /// place on, or the end.
    ///
    /// Looks at eight bytes at a step.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        var index = start
        while index + 8 <= count {
            let word = UInt64(
                littleEndian: UnsafeRawBufferPointer(self).loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let found = Self.zeros(word ^ Self.quotes) | Self.zeros(word ^ Self.backslashes) | Self.controls(word)
            // Bytes above the lowest one that was found may be wrongly marked by its borrow, the lowest never is.
            if found != 0 { return index + found.trailingZeroBitCount / 8 }
            index += 8
        }
        while index < count, self[index] >= 0x20, self[index] != UInt8(ascii: "\""), self[index] != UInt8(ascii: "\\") {
            index += 1
        }
        return index
    }

    private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    private static var highBits: UInt64 { 0x8080_8080_8080_8080 }
    private static var quotes: UInt64 { 0x2222_2222_2222_2222 }
    private static var backslashes: UInt64 { 0x5C5C_5C5C_5C5C_5C5C }

    /// Marks the high bits of the bytes that are zero.
    @inline(__always)
    private static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }

    /// Marks the high bits of the bytes below 0x20.
    @inline(__always)
    private static func controls(_ word: UInt64) -> UInt64 { (word &- (ones &* 0x20)) & ~word & highBits }
}
