/// The parameters of a statement as libpq takes them: all of them in one piece of memory.
///
/// Numbers and text go in text format, so that they fit whatever type the statement wants; bytes go in binary format.
struct PostgresParameters {
    private var bytes: [UInt8] = []
    /// Where each value begins; nil is no value.
    private var offsets: [Int?] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []

    /// - Throws: ``StorageError`` for a text with NUL, and for more bytes than allowed.
    init(_ values: [SQLValue], store: String, limit: Int) throws(StorageError) {
        offsets.reserveCapacity(values.count)
        lengths.reserveCapacity(values.count)
        formats.reserveCapacity(values.count)
        for (index, value) in values.enumerated() {
            try append(value, place: index + 1, store: store, limit: limit)
        }
    }

    private mutating func append(_ value: SQLValue, place: Int, store: String, limit: Int) throws(StorageError) {
        let start = bytes.count
        var isBinary = false
        switch value {
        case .null: break
        case .integer(let number): bytes.append(contentsOf: "\(number)".utf8)
        case .real(let number): bytes.append(contentsOf: "\(number)".utf8)
        case .text(let text):
            try check(start + text.utf8.count, place, store, limit)
            bytes.append(contentsOf: text.utf8)
            guard !bytes[start...].contains(0) else {
                throw StorageError(
                    .value, store: store, "the value of $\(place) is text with NUL, which PostgreSQL cannot store",
                    remedy: "Remove the character U+0000, or store the value as bytes", isNotDone: true)
            }
        case .blob(let blob):
            try check(start + blob.count, place, store, limit)
            bytes.append(contentsOf: blob)
            isBinary = true
        }
        offsets.append(value.isNull ? nil : start)
        lengths.append(Int32(truncatingIfNeeded: bytes.count - start))
        formats.append(isBinary ? 1 : 0)
        // What is in text format ends with NUL.
        bytes.append(0)
    }

    private func check(_ count: Int, _ place: Int, _ store: String, _ limit: Int) throws(StorageError) {
        guard count <= limit else {
            throw StorageError(
                .value, store: store, "the parameters up to $\(place) are \(count) bytes long; allowed are \(limit)",
                isNotDone: true)
        }
    }

    /// Hands on the pointers to the values; valid within `body`.
    func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            return offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
                .withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
