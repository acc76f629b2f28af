package import NIOCore

/// Sets members of a document's top-level object and leaves every other byte as it is.
///
/// A key that the object has gets the new value in all its occurrences; a key that it does not have is inserted behind
/// the last member.
///
///     var rewriter = JSONRewriter()
///     rewriter.set("model", to: "gpt-5-mini")
///     let body = try rewriter.rewrite(body)
package struct JSONRewriter: Sendable {
    private var keys: [String] = []
    private var values: [[UInt8]] = []

    package init() {}

    /// Whether there is nothing to set.
    package var isEmpty: Bool { keys.isEmpty }

    /// Sets a member; a later call for the same key wins.
    package mutating func set(_ key: String, to value: JSONValue) {
        set(key, toJSON: value.jsonBytes)
    }

    /// Sets a member to a value that is already JSON.
    ///
    /// - Parameter json: One valid JSON value; it is written unchecked.
    package mutating func set(_ key: String, toJSON json: [UInt8]) {
        if let index = keys.firstIndex(of: key) {
            values[index] = json
        } else {
            keys.append(key)
            values.append(json)
        }
    }

    /// Sets a member to a value that is already JSON, for example a nested object that was rewritten by itself.
    ///
    /// - Parameter json: One valid JSON value; it is written unchecked.
    package mutating func set(_ key: String, toJSON json: ByteBuffer) {
        set(key, toJSON: [UInt8](buffer: json))
    }

    /// Checks a document and rewrites it.
    ///
    /// - Throws: ``JSONScanError`` if the document is not valid or not an object.
    package func rewrite(_ body: ByteBuffer) throws(JSONScanError) -> ByteBuffer {
        rewrite(body, using: try JSONObjectIndex(of: keys, in: body))
    }

    /// Rewrites a document that was checked before, without another pass over it.
    ///
    /// - Parameters:
    ///   - body: The document that the index was built from.
    ///   - index: An index for which at least the keys to set were requested.
    package func rewrite(_ body: ByteBuffer, using index: JSONObjectIndex) -> ByteBuffer {
        if isEmpty { return body }
        var output = ByteBuffer()
        output.reserveCapacity(body.readableBytes + values.reduce(0) { $0 + $1.count } + 64 * keys.count)
        var copied = 0
        func copy(upTo offset: Int) {
            if let slice = body.getSlice(at: body.readerIndex + copied, length: offset - copied) {
                output.writeImmutableBuffer(slice)
            }
            copied = offset
        }
        var isFound = [Bool](repeating: false, count: keys.count)
        for entry in index.entries {
            guard let edit = keys.firstIndex(of: entry.key) else { continue }
            isFound[edit] = true
            copy(upTo: entry.member.value.range.lowerBound)
            output.writeBytes(values[edit])
            copied = entry.member.value.range.upperBound
        }
        copy(upTo: index.insertionOffset)
        var needsComma = !index.isEmpty
        for (edit, key) in keys.enumerated() where !isFound[edit] {
            if needsComma { output.writeInteger(UInt8.comma) }
            needsComma = true
            output.writeBytes(JSONValue.string(key).jsonBytes)
            output.writeInteger(UInt8.colon)
            output.writeBytes(values[edit])
        }
        copy(upTo: body.readableBytes)
        return output
    }
}
