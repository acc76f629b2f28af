package import NIOCore

/// Where the members that someone asked for stand in a document whose top level is an object.
///
/// Building it checks the whole document in one pass. A key that occurs twice counts by its last occurrence, as in
/// most decoders; a rewrite replaces all of them, so that no decoder can see the old value. ``repeatedKey`` tells.
package struct JSONObjectIndex: Sendable, Hashable {
    /// One occurrence of a requested key.
    package struct Entry: Sendable, Hashable {
        /// The requested key.
        package let key: String
        /// Where it stands.
        package let member: JSONMember
    }

    /// Every occurrence of a requested key, in the document's order.
    package let entries: [Entry]
    /// Where another member can be inserted: behind the last one, or behind the brace of an empty object.
    let insertionOffset: Int
    /// Whether the object has no member at all.
    let isEmpty: Bool

    /// Checks a document and finds keys of its top level.
    ///
    /// - Parameters:
    ///   - keys: The keys to find.
    ///   - bytes: The document.
    ///   - depthLimit: How deep arrays and objects may nest; 512 by default.
    /// - Throws: ``JSONScanError`` if the document is not valid or not an object.
    package init(
        of keys: [String], in bytes: RawSpan, depthLimit: Int = JSONScanner.defaultDepthLimit
    ) throws(JSONScanError) {
        var members = try JSONMembers(document: bytes, depthLimit: depthLimit)
        var entries: [Entry] = []
        while let member = try members.next(in: bytes) {
            for key in keys where member.hasKey(key, in: bytes) {
                entries.append(Entry(key: key, member: member))
                break
            }
        }
        self.entries = entries
        insertionOffset = members.lastMemberEnd
        isEmpty = members.lastMemberEnd == members.start + 1
    }

    /// Checks a document and finds keys of its top level; offsets count from the reader index.
    package init(
        of keys: [String], in buffer: ByteBuffer, depthLimit: Int = JSONScanner.defaultDepthLimit
    ) throws(JSONScanError) {
        try self.init(of: keys, in: buffer.readableBytesSpan, depthLimit: depthLimit)
    }

    /// The value of a key, or nil if the object does not have it or the key was not requested.
    package subscript(key: String) -> JSONToken? {
        entries.last { $0.key == key }?.member.value
    }

    /// The first requested key that occurs more than once; nil when there is none.
    package var repeatedKey: String? {
        entries.indices.first { at in entries[..<at].contains { $0.key == entries[at].key } }.map { entries[$0].key }
    }

    /// The text of a key's value, or nil if it is no string.
    package func string(_ key: String, in buffer: ByteBuffer) -> String? {
        guard let token = self[key], token.kind == .string else { return nil }
        return JSONString.decode(token.range, in: buffer.readableBytesSpan)
    }

    /// A key's value as a boolean, or nil if it is none.
    package func bool(_ key: String, in buffer: ByteBuffer) -> Bool? {
        guard let token = self[key], token.kind == .bool else { return nil }
        return buffer.readableBytesSpan.byte(at: token.range.lowerBound) == UInt8(ascii: "t")
    }

    /// A key's value as an integer, or nil if it is none or does not fit.
    package func integer(_ key: String, in buffer: ByteBuffer) -> Int? {
        guard let token = self[key], token.kind == .number else { return nil }
        return JSONNumber.integer(token.range, in: buffer.readableBytesSpan)
    }

    /// The bytes of a key's value.
    package func bytes(_ key: String, in buffer: ByteBuffer) -> ByteBuffer? {
        guard let token = self[key] else { return nil }
        return buffer.getSlice(at: buffer.readerIndex + token.range.lowerBound, length: token.range.count)
    }
}
