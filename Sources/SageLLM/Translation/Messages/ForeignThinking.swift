package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Thinking that no model of Anthropic's has signed, in a conversation of an Anthropic client.
///
/// Another provider's thinking is shown to the client as a block whose signature is only a mark. Anthropic refuses such
/// a block when the client sends it back (`Invalid signature in thinking block`), so it must be taken out again before
/// a request goes there.
package enum ForeignThinking {
    /// What stands where Anthropic's own blocks have their signature.
    static let mark = "\(markText)"
    private static let markText: StaticString = "sage-unsigned"

    /// The signature of a block; nil if it has none.
    static func signature(_ text: String) -> String? {
        text.isEmpty || text == mark ? nil : text
    }

    /// A request for a message without the blocks that carry the mark; nil if there are none, and the body can be
    /// forwarded as it is.
    ///
    /// - Parameter body: The request as the client wrote it.
    package static func removed(from body: ByteBuffer) -> ByteBuffer? {
        guard contains(markText, body.readableBytesSpan), let json = try? JSONValue(parsing: body),
            case .object(var request) = json, let messages = request["messages"]?.arrayValue
        else { return nil }
        var isChanged = false
        let cleaned = messages.map { message -> JSONValue in
            guard case .object(var members) = message, let blocks = members["content"]?.arrayValue else {
                return message
            }
            let kept = blocks.filter { $0["type"] != "thinking" || $0["signature"] != .string(mark) }
            guard kept.count < blocks.count else { return message }
            isChanged = true
            // A message must not be empty; one of nothing but thoughts has nothing to say.
            members["content"] = kept.isEmpty ? "..." : .array(kept)
            return .object(members)
        }
        guard isChanged else { return nil }
        request["messages"] = .array(cleaned)
        return JSONValue.object(request).jsonBuffer
    }

    private static func contains(_ text: StaticString, _ bytes: RawSpan) -> Bool {
        let count = text.utf8CodeUnitCount
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            // Dashes are rare, and base64 has none, so that most of a body is passed over by the C library.
            let dashOffset = 4
            var position = 0
            while position < bytes.count, let found = memchr(base + position, Int32(UInt8.dash), bytes.count - position)
            {
                let offset = UnsafeRawPointer(found) - base
                let start = offset - dashOffset
                if start >= 0, start + count <= bytes.count, memcmp(base + start, text.utf8Start, count) == 0 {
                    return true
                }
                position = offset + 1
            }
            return false
        }
    }
}

extension UInt8 {
    fileprivate static let dash = UInt8(ascii: "-")
}
