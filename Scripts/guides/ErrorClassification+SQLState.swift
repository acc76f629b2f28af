private struct MyDriverError: Error {
    let serverFields: [String: String]
}
