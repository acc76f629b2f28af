import GRDB

/// Another program that works on the same file, and now and then keeps it for itself.
struct OtherProcess {
    private let connection: DatabaseQueue

    init(path: String) throws {
        var configuration = Configuration()
        // It is rude on purpose: it goes home with a transaction open.
        configuration.allowsUnsafeTransactions = true
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    func lock() throws {
        try connection.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    }

    func unlock() throws {
        try connection.inDatabase { try $0.execute(sql: "ROLLBACK") }
    }
}
