extension NeutralRequest {
    /// The most names that ``dropped`` holds; what is beyond is counted by a last one, `...`.
    static let maximumDropped = 32

    /// Notes that a field was left out by a documented rule.
    ///
    /// Names may come from a client and end in a header: they are cut, and bytes that are no part of a name replaced.
    mutating func drop(_ field: String) {
        let name = String(
            decoding: field.utf8.prefix(64).map { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "["), UInt8(ascii: "]"):
                    byte
                default: UInt8(ascii: "?")
                }
            }, as: UTF8.self)
        guard !dropped.contains(name) else { return }
        switch dropped.count {
        case ..<Self.maximumDropped: dropped.append(name)
        case Self.maximumDropped: dropped.append("...")
        default: break
        }
    }
}
