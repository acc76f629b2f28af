/// Which conversations a list shows, by their ids, byte for byte.
///
/// Programs whose users share a store put a *space* before each id: everything up to the first slash, the slash included,
/// for example `team-a/`. The conversations of one space are found by an index, however many others there are.
@nonexhaustive
public enum SessionSelection: Sendable, Hashable {
    /// All conversations.
    case all
    /// Those of one space: a text that ends with its only slash; empty for ids without a slash.
    case space(String)
    /// Those whose ids do not begin with a text, and those of one space even so.
    case outside(prefix: String, except: String? = nil)

    /// Whether an id is among them.
    public func contains(_ id: String) -> Bool {
        switch self {
        case .all: true
        case .space(let space): Self.space(of: id).elementsEqual(space.utf8)
        case .outside(let prefix, let exception):
            !id.utf8.starts(with: prefix.utf8)
                || exception.map { Self.space(of: id).elementsEqual($0.utf8) } ?? false
        }
    }

    private static func space(of id: String) -> Substring.UTF8View {
        id.utf8.firstSlash.map { id[...$0].utf8 } ?? Substring().utf8
    }

    /// - Throws: ``SessionError/invalidValue(field:value:allowed:)`` for a text that cannot be a space.
    func validate() throws(SessionError) {
        switch self {
        case .all: return
        case .space(let space): try Self.validate(space)
        case .outside(let prefix, let exception):
            // An empty prefix would leave nothing out of the question but the exception.
            guard !prefix.isEmpty, !prefix.utf8.contains(0) else {
                throw .invalidValue(field: "prefix", value: prefix, allowed: "a text without NUL that is not empty")
            }
            if let exception { try Self.validate(exception) }
        }
    }

    private static func validate(_ space: String) throws(SessionError) {
        guard space.utf8.firstSlash.map({ space.utf8.index(after: $0) == space.utf8.endIndex }) ?? space.isEmpty,
            !space.utf8.contains(0)
        else {
            throw .invalidValue(
                field: "space", value: space,
                allowed: "a text without NUL that ends with its only slash, or an empty one")
        }
    }
}

extension String.UTF8View {
    /// Ends the space of an id.
    fileprivate var firstSlash: Index? { firstIndex(of: UInt8(ascii: "/")) }
}
