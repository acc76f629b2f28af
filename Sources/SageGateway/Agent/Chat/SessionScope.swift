import SageSessions

/// Whose conversations and memories a request may see.
///
/// With keys configured each key has a space of its own: what one makes no other one sees, and the same id in two
/// spaces names two things. Without keys there is one space. An operator sees everything, by the names under which the
/// stores have it.
struct SessionScope: Sendable, Hashable {
    /// The longest id that clients may choose, in bytes: the stores take 1,024, the name of a key included.
    static let maximumIDBytes = 900

    private static let marker = "key:"

    private enum Space: Sendable, Hashable {
        case key(String)
        case open
        case everything
    }

    private let space: Space

    /// The space of a key; of everybody where no key is needed.
    init(_ client: ClientKey?) {
        space = client.map { .key($0.name) } ?? .open
    }

    private init(_ space: Space) {
        self.space = space
    }

    /// All spaces, by the stores' own names.
    static let everything = SessionScope(.everything)

    /// How all names of the space begin in the stores; nil when they have nothing in common.
    var prefix: String? {
        if case .key(let name) = space { "\(Self.marker)\(name)/" } else { nil }
    }

    /// The conversations of the space, as the store finds them.
    var selection: SessionSelection {
        switch space {
        case .key(let name): .space("\(Self.marker)\(name)/")
        case .open: .outside(prefix: Self.marker, except: "\(Self.marker)/")
        case .everything: .all
        }
    }

    /// What the stores call an id.
    ///
    /// Names of keys have no slash and are not empty: no two ids of any two spaces have the same name.
    func stored(_ id: String) -> String {
        switch space {
        case .key(let name): "\(Self.marker)\(name)/\(id)"
        case .open: id.utf8.starts(with: Self.marker.utf8) ? "\(Self.marker)/\(id)" : id
        case .everything: id
        }
    }

    /// The id that a name of the stores stands for; nil when it belongs to another space.
    func shown(_ name: String) -> String? {
        switch space {
        case .everything: return name
        case .key(let key):
            let prefix = "\(Self.marker)\(key)/"
            guard name.utf8.starts(with: prefix.utf8) else { return nil }
            return String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        case .open:
            guard name.utf8.starts(with: Self.marker.utf8) else { return name }
            let prefix = "\(Self.marker)/"
            guard name.utf8.starts(with: prefix.utf8) else { return nil }
            return String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
        }
    }

    /// The space that an id belongs to, and the id there: for an operator another one than that of everything.
    func owner(of id: String) -> (scope: SessionScope, id: String) {
        guard space == .everything else { return (self, id) }
        guard id.utf8.starts(with: Self.marker.utf8) else { return (SessionScope(.open), id) }
        let rest = Array(id.utf8.dropFirst(Self.marker.utf8.count))
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return (SessionScope(.open), id) }
        let name = String(decoding: rest[..<slash], as: UTF8.self)
        let own = String(decoding: rest[(slash + 1)...], as: UTF8.self)
        return (SessionScope(name.isEmpty ? .open : .key(name)), own)
    }
}
