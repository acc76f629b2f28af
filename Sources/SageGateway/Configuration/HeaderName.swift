/// The rules for headers that a configuration adds to every request of a provider.
enum HeaderName {
    /// Headers that belong to one connection (RFC 9110, 7.6.1) or that Sage computes itself.
    private static let reserved: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    private static let secretParts = ["auth", "cookie", "credential", "key", "password", "secret", "session", "token"]

    /// Checks a name and gives it in lower case, since case means nothing in it.
    static func checked(_ name: String) throws(Refusal) -> String {
        let isToken =
            !name.isEmpty && name.utf8.count <= 128
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
        guard isToken else {
            throw Refusal(
                message: "is not a header's name; allowed are letters, digits and - _ . ! # $ % & ' * + ^ ` | ~")
        }
        let lowercased = name.lowercased()
        guard !reserved.contains(lowercased) else {
            throw Refusal(message: "cannot be set here: it belongs to the connection or is computed by Sage")
        }
        return lowercased
    }

    /// Whether the value of a header must not be shown.
    static func isSensitive(_ name: String) -> Bool { secretParts.contains { name.lowercased().contains($0) } }
}

extension FieldFormat<[String: Secret]> {
    /// Headers; all values are kept as secrets, and those of harmless names are shown.
    static var headers: Self {
        let value = FieldFormat<Secret>.scalar(
            allowed: "text without control characters, at most 8192 bytes", isSecret: true, render: { _ in .null }
        ) { text in
            text.utf8.count <= 8192 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
                ? Secret(text) : nil
        }
        let names = FieldFormat<[String: Secret]>.named(value, name: HeaderName.checked)
        return FieldFormat(
            allowed: "a mapping from header names to values",
            schema: names.schema,
            read: names.read,
            render: { headers in
                .section(
                    headers.sorted { $0.key < $1.key }.map { name, value in
                        RenderedValue.Entry(
                            key: name,
                            value: .text(HeaderName.isSensitive(name) ? Secret.placeholder : value.reveal()))
                    })
            })
    }
}
