/// A text that is compared by its bytes; `String` takes texts that differ in normalisation alone for equal, which would
/// make one of two ids.
package struct ExactText: Sendable, Hashable {
    /// The text; nil differs from every text.
    package let text: String?

    /// Wraps a text.
    package init(_ text: String?) { self.text = text }

    package static func == (left: ExactText, right: ExactText) -> Bool {
        switch (left.text, right.text) {
        case (nil, nil): true
        case (let left?, let right?): left.hasSameBytes(as: right)
        default: false
        }
    }

    package func hash(into hasher: inout Hasher) {
        guard let text else { return hasher.combine(0 as UInt8) }
        hasher.combine(text.utf8.count)
        var bytes = text
        bytes.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    /// Whether two texts are the same, byte for byte.
    package func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        let areSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { left.elementsEqual($0) }
        }
        return (areSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}
