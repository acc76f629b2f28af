/// A request that has arrived completely.
struct IncomingRequest: Sendable, Hashable {
    var method: String
    /// The request target: path and query.
    var target: String
    var headers: [FaultStep.Header]
    var body: [UInt8]

    /// The target without its query.
    var path: String {
        String(target.prefix { $0 != "?" })
    }

    /// The query's items, decoded as far as names and numbers need it.
    var query: [(name: String, value: String)] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return target[target.index(after: mark)...].split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    /// The values of the headers by name in lower case; several values are joined with a comma and a space.
    var headerValues: [String: String] {
        Dictionary(headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { "\($0), \($1)" })
    }
}
