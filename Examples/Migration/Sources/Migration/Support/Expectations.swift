/// What an example claims and does not do.
struct Unexpected: Error, CustomStringConvertible {
    let description: String
}

/// Ends the run with an error when what an example claims does not hold.
func expect(_ claim: Bool, _ what: String) throws {
    guard claim else { throw Unexpected(description: "not so: \(what)") }
}
