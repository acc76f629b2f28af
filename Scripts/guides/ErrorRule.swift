private enum PaymentError: Error {
    case cardDeclined
}

private struct PostgresError: Error {
    let sqlState: String?
}
