/// Writes an object of a payload; members have to be added in the order of their names.
struct PayloadWriter {
    private(set) var bytes: [UInt8] = []

    mutating func object(_ body: (inout PayloadWriter) -> Void) {
        bytes.append(UInt8(ascii: "{"))
        body(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func field(_ key: StaticString, _ text: String?) {
        guard let text else { return }
        name(key)
        JSONNode.write(text, to: &bytes)
    }

    mutating func field(_ key: StaticString, _ value: Int64?) {
        guard let value else { return }
        name(key)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// A boolean that is written only when it is true.
    mutating func flag(_ key: StaticString, _ value: Bool) {
        guard value else { return }
        name(key)
        bytes.append(contentsOf: "true".utf8)
    }

    mutating func field(_ key: StaticString, _ json: JSONText) {
        name(key)
        bytes.append(contentsOf: json.text.utf8)
    }

    mutating func field(_ key: StaticString, object body: (inout PayloadWriter) -> Void) {
        name(key)
        object(body)
    }

    mutating func field<Element>(
        _ key: StaticString, _ elements: [Element], _ body: (Element, inout PayloadWriter) -> Void
    ) {
        name(key)
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            object { body(element, &$0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func name(_ key: StaticString) {
        if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
        JSONNode.write(key.description, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
    }
}
