import NIOCore

/// A guess of how many tokens a request will use, before anybody has counted them.
///
/// Text has about four bytes a token in every language that is common: in Chinese or Japanese a character has three
/// bytes and is about one token, or a little less. Images and files stand in a request as long runs of base64, which say
/// nothing about their tokens: each such run counts as ``perAttachment``. A guess that is wrong is corrected when the
/// answer tells the usage.
enum TokenEstimate {
    /// Tokens of an answer that the request does not limit.
    static let defaultOutput = 1_000
    /// Tokens of an image or a file, in the middle of what providers count.
    static let perAttachment = 1_000
    /// Bodies up to this size are not searched for attachments.
    private static let smallBody = 16_384
    private static let blockSize = 1_024
    private static let bytesPerToken = 4

    /// The tokens of a request and its answers.
    ///
    /// - Parameters:
    ///   - body: The request's body.
    ///   - maxOutput: The most tokens that each answer may have, if the request says so.
    ///   - answers: How many answers are asked for; zero for requests that have none, such as embeddings.
    static func total(_ body: ByteBuffer, maxOutput: Int?, answers: Int = 1) -> Int {
        let output = (maxOutput ?? defaultOutput).multipliedReportingOverflow(by: max(0, answers))
        let bounded = output.overflow ? Int(Int32.max) : min(max(0, output.partialValue), Int(Int32.max))
        return input(body) + bounded
    }

    /// The tokens of a request's body.
    static func input(_ body: ByteBuffer) -> Int {
        guard body.readableBytes > smallBody else { return body.readableBytes / bytesPerToken + 1 }
        return body.withUnsafeReadableBytes { bytes in
            var text = 0
            var attachments = 0
            var isInAttachment = false
            for start in stride(from: 0, to: bytes.count, by: blockSize) {
                let end = min(start + blockSize, bytes.count)
                let isBinary = end - start == blockSize && looksEncoded(bytes[start..<end])
                if isBinary {
                    if !isInAttachment { attachments += 1 }
                } else {
                    text += end - start
                }
                isInAttachment = isBinary
            }
            return text / bytesPerToken + attachments * perAttachment + 1
        }
    }

    /// Whether a block is base64, by a sample: text has a space or a quotation mark among so many characters.
    private static func looksEncoded(_ block: Slice<UnsafeRawBufferPointer>) -> Bool {
        for index in stride(from: block.startIndex, to: block.endIndex, by: 16) {
            switch block[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "="), UInt8(ascii: "\\"):
                continue
            default: return false
            }
        }
        return true
    }
}
