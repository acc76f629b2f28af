/// The members of a JSON object in their order.
///
/// Order is kept because it can matter to a model: the properties of a schema are generated in the order in which they
/// are written. Two objects are equal when they have the same members in any order. Setting a key twice keeps the
/// first place and the last value.
public struct JSONObject: Sendable {
    /// One member.
    public typealias Element = (key: String, value: JSONValue)

    private var elements: [Element] = []
    // Small objects are faster to search than to index; large ones would cost quadratic time.
    private var positions: [String: Int] = [:]
    private static let indexedFrom = 9

    /// Creates an object without members.
    public init() {}

    /// The keys in their order.
    public var keys: [String] { elements.map(\.key) }

    /// The value of a key; setting nil removes the member.
    public subscript(key: String) -> JSONValue? {
        get { position(of: key).map { elements[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let position?, let value?):
                elements[position].value = value
            case (nil, let value?):
                elements.append((key, value))
                indexLast()
            case (let position?, nil):
                elements.remove(at: position)
                reindex()
            case (nil, nil):
                break
            }
        }
    }

    private func position(of key: String) -> Int? {
        elements.count < Self.indexedFrom ? elements.firstIndex { $0.key == key } : positions[key]
    }

    private mutating func indexLast() {
        if elements.count == Self.indexedFrom {
            reindex()
        } else if elements.count > Self.indexedFrom {
            positions[elements[elements.count - 1].key] = elements.count - 1
        }
    }

    private mutating func reindex() {
        positions.removeAll(keepingCapacity: true)
        guard elements.count >= Self.indexedFrom else { return }
        for (position, element) in elements.enumerated() { positions[element.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    /// The position of the first member.
    public var startIndex: Int { 0 }
    /// The position behind the last member.
    public var endIndex: Int { elements.count }

    /// The member at a position.
    public subscript(position: Int) -> Element { elements[position] }
}

extension JSONObject: Hashable {
    /// Whether both have the same members, in any order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    /// Hashes the members independently of their order, like equality.
    public func hash(into hasher: inout Hasher) {
        var combined = 0
        for element in elements {
            var copy = hasher
            copy.combine(element.key)
            copy.combine(element.value)
            combined ^= copy.finalize()
        }
        hasher.combine(combined)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// Creates an object with members in the order of the literal.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { self[key] = value }
    }
}

extension JSONObject {
    /// Creates an object from a dictionary, ordered by key.
    public init(_ members: [String: JSONValue]) {
        for (key, value) in members.sorted(by: { $0.key < $1.key }) { self[key] = value }
    }
}
