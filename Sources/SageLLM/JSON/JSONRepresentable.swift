package import NIOCore

/// A type of a wire protocol that is built from JSON and turns back into it without losing what it does not know.
///
/// A conforming type keeps unknown members in `additionalFields`. A known member that was `null` is kept there as well,
/// so that `null` and absent stay apart; a value of the known member wins over it. `Codable` works through the same
/// two requirements.
public protocol JSONRepresentable: Codable, Hashable, Sendable {
    /// Creates a value from JSON.
    ///
    /// - Throws: ``JSONFieldError``, which names the field.
    init(json: JSONValue) throws(JSONFieldError)

    /// The value as JSON.
    var json: JSONValue { get }
}

extension JSONRepresentable {
    /// Creates a value from the bytes of a JSON document.
    ///
    /// - Throws: ``JSONScanError`` if the document is not valid JSON, ``JSONFieldError`` if a field is wrong.
    public init(parsing bytes: [UInt8]) throws {
        try self.init(json: JSONValue(parsing: bytes))
    }

    /// Creates a value from the readable bytes of a buffer.
    package init(parsing buffer: ByteBuffer) throws {
        try self.init(json: JSONValue(parsing: buffer))
    }

    /// The value as compact JSON in UTF-8, in a fixed order.
    public var jsonBytes: [UInt8] { json.jsonBytes }

    /// Decodes a value; a wrong field becomes a `DecodingError` that names it.
    public init(from decoder: any Decoder) throws {
        let json = try JSONValue(from: decoder)
        do throws(JSONFieldError) {
            try self.init(json: json)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: error.description, underlyingError: error))
        }
    }

    /// Encodes the value; the encoder decides the order of members.
    public func encode(to encoder: any Encoder) throws {
        try json.encode(to: encoder)
    }
}
