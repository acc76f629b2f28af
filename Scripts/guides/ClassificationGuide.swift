private struct SearchError: Error {
    let status = 503
    let retryAfter: Duration? = nil
}

enum DriverError: Error {
    case deadlock
    case duplicateKey

    var fields: [String: String] { [:] }
}

private struct SocketError: Error {
    let number: Int32 = 0
}

private struct PoolExhausted: Error {}
private let error: any Error = standIn()
private let classifier: ErrorClassifier = standIn()
