import GRDBSQLite

/// A connection of SQLite inside of a transaction.
///
/// As in PostgreSQL an error of a statement ends the transaction: whoever catches it cannot go on, and nothing is
/// committed; and while the rows of a statement are read there is no other one. So what works here works there.
final class SQLiteSession: SQLSession {
    let connection: SQLiteConnection
    private let cache: SQLiteStatementCache
    private let interruption: SQLiteInterruption
    private let access: Access
    private let maxValueBytes: Int
    /// The first error of a statement.
    private(set) var failure: StorageError?
    private var isEnded = false
    private var isReadingRows = false

    enum Access { case read, write }

    init(
        _ connection: SQLiteConnection, cache: SQLiteStatementCache, interruption: SQLiteInterruption, access: Access,
        maxValueBytes: Int
    ) {
        self.connection = connection
        self.cache = cache
        self.interruption = interruption
        self.access = access
        self.maxValueBytes = maxValueBytes
    }

    var dialect: SQLDialect { .sqlite }

    /// Refuses everything from now on.
    func end() { isEnded = true }

    @discardableResult
    func execute(_ sql: String, _ parameters: [SQLValue]) throws(StorageError) -> Int {
        try checkUsable()
        let statement = try prepared(sql)
        let handle = statement.handle
        defer { giveBack(statement) }
        try bind(parameters, to: statement)
        let before = sqlite3_total_changes(connection.handle)
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW: continue
            case SQLITE_DONE:
                // The number of the last statement stays when one changes nothing.
                return sqlite3_total_changes(connection.handle) == before
                    ? 0 : Int(sqlite3_changes(connection.handle))
            default: throw failed(while: .stepping)
            }
        }
    }

    func forEachRow(
        _ sql: String, _ parameters: [SQLValue], _ body: (SQLRow) throws(StorageError) -> Bool
    ) throws(StorageError) {
        try checkUsable()
        var statement = try prepared(sql)
        let handle = statement.handle
        defer { giveBack(statement) }
        try bind(parameters, to: statement)
        isReadingRows = true
        defer { isReadingRows = false }
        var columns: [String]?
        while true {
            switch sqlite3_step(handle) {
            case SQLITE_ROW:
                let names = columns ?? statement.columns()
                columns = names
                let values = names.indices.map { Self.value(handle, Int32($0)) }
                guard try body(SQLRow(columns: names, values: values)) else { return }
                if let failure { throw failure }
            case SQLITE_DONE: return
            default: throw failed(while: .stepping)
            }
        }
    }

    func executeScript(_ sql: String) throws(StorageError) {
        try checkUsable()
        var rest = Substring(sql)
        while !SQLText.isBlank(rest) {
            let (statement, tail) = try prepare(String(rest))
            rest = tail
            guard let statement else { continue }
            defer { statement.finalize() }
            try checkAllowed(statement)
            guard statement.parameters.isEmpty else {
                throw mistake("a script has no parameters, and statements with parameters do not belong into one")
            }
            var code = SQLITE_ROW
            while code == SQLITE_ROW { code = sqlite3_step(statement.handle) }
            guard code == SQLITE_DONE else { throw failed(while: .preparing) }
        }
    }
}

// MARK: - Statements

extension SQLiteSession {
    private enum Phase { case preparing, stepping }

    private func checkUsable() throws(StorageError) {
        if let failure { throw failure }
        guard !isEnded else {
            throw StorageError(
                .statement, store: connection.store, "the session was used after its transaction had ended",
                isNotDone: true)
        }
        guard !isReadingRows else {
            throw mistake("a statement while the rows of another one are read; collect the rows first")
        }
        if let reason = interruption.reason { throw interrupted(reason) }
    }

    private func prepared(_ sql: String) throws(StorageError) -> SQLiteStatement {
        if let statement = cache.take(sql) { return statement }
        let (statement, tail) = try prepare(sql)
        guard let statement else { throw mistake("the statement is empty") }
        do throws(StorageError) {
            guard SQLText.isBlank(tail) else { throw mistake("one statement at a time; scripts run by executeScript") }
            try checkAllowed(statement)
        } catch {
            statement.finalize()
            throw error
        }
        return statement
    }

    /// Prepares the first statement of a text; nil when there is only space and comments.
    private func prepare(_ sql: String) throws(StorageError) -> (SQLiteStatement?, Substring) {
        if SQLText.controlsTransaction(sql) {
            throw mistake("transactions begin and end with the closure; statements cannot do it")
        }
        var handle: OpaquePointer?
        var sql = sql
        // SQLite would take what comes after it for the end.
        guard !sql.utf8.contains(0) else { throw mistake("the statement contains NUL") }
        let (code, used) = sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                var tail: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    connection.handle, text.baseAddress, Int32(clamping: text.count), 0, &handle, &tail)
                let used = tail.flatMap { tail in text.baseAddress.map { tail - $0 } } ?? text.count
                return (code, used)
            }
        }
        guard code == SQLITE_OK else { throw failed(while: .preparing) }
        let tail = sql[sql.utf8.index(sql.startIndex, offsetBy: used)...]
        guard let handle else { return (nil, tail) }
        guard let parameters = SQLText.parameters(of: handle) else {
            sqlite3_finalize(handle)
            throw mistake("parameters are written $1, $2, ...")
        }
        return (SQLiteStatement(sql: sql, handle: handle, parameters: parameters), tail)
    }

    private func checkAllowed(_ statement: SQLiteStatement) throws(StorageError) {
        guard access == .write || statement.isReadOnly else {
            throw mistake("a statement that changes the database in a transaction that reads")
        }
    }

    private func giveBack(_ statement: SQLiteStatement) {
        sqlite3_reset(statement.handle)
        sqlite3_clear_bindings(statement.handle)
        cache.give(statement)
    }

    /// A mistake in a statement, which ends the transaction as one that SQLite finds does.
    private func mistake(_ message: String) -> StorageError {
        let error = StorageError(.statement, store: connection.store, message, isNotDone: true)
        failure = failure ?? error
        return error
    }

    private func failed(while phase: Phase) -> StorageError {
        var error = connection.error()
        if error.problem == .timeout, let reason = interruption.reason { error = interrupted(reason) }
        if phase == .stepping, error.problem == .statement {
            // Extensions such as FTS5 put the values of parameters into their messages.
            error.message = "the statement failed while it ran"
        }
        // Whatever it was, the transaction is going to be undone.
        error.isNotDone = true
        failure = failure ?? error
        return error
    }

    private func interrupted(_ reason: SQLiteInterruption.Reason) -> StorageError {
        let error = StorageError(
            .timeout, store: connection.store,
            reason == .cancelled ? "the statement was cancelled" : "the statement did not end within its time limit",
            code: "SQLITE_INTERRUPT", isNotDone: true)
        failure = failure ?? error
        return error
    }
}

// MARK: - Values

extension SQLiteSession {
    private func bind(_ values: [SQLValue], to statement: SQLiteStatement) throws(StorageError) {
        let expected = statement.parameters.max() ?? 0
        guard values.count == expected else {
            throw mistake("the statement has \(expected) parameters, \(values.count) values were given")
        }
        for (index, number) in statement.parameters.enumerated() {
            let code = try bind(values[number - 1], number, to: statement.handle, Int32(index + 1))
            guard code == SQLITE_OK else { throw failed(while: .preparing) }
        }
    }

    private func bind(
        _ value: SQLValue, _ number: Int, to handle: OpaquePointer?, _ index: Int32
    ) throws(StorageError) -> Int32 {
        switch value {
        case .null:
            return sqlite3_bind_null(handle, index)
        case .integer(let value):
            return sqlite3_bind_int64(handle, index, value)
        case .real(let value):
            // SQLite would store no value.
            guard !value.isNaN else { throw invalid(number, "not a number", allowed: "a number or an infinity") }
            return sqlite3_bind_double(handle, index, value)
        case .text(var value):
            try check(value.utf8.count, number)
            // SQLite takes a null pointer for no value.
            guard !value.isEmpty else { return sqlite3_bind_text(handle, index, "", 0, Self.copied) }
            let code: Int32? = value.withUTF8 { bytes in
                guard !bytes.contains(0) else { return nil }
                return bytes.withMemoryRebound(to: CChar.self) { text in
                    sqlite3_bind_text64(
                        handle, index, text.baseAddress, UInt64(text.count), Self.copied,
                        UInt8(SQLITE_UTF8))
                }
            }
            guard let code else { throw invalid(number, "text with NUL", allowed: "text without NUL") }
            return code
        case .blob(let bytes):
            try check(bytes.count, number)
            guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
            return bytes.withUnsafeBytes {
                sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), Self.copied)
            }
        }
    }

    /// SQLite copies the bytes before the call returns.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func check(_ count: Int, _ number: Int) throws(StorageError) {
        guard count <= maxValueBytes else {
            throw invalid(number, "\(count) bytes", allowed: "up to \(maxValueBytes) bytes")
        }
    }

    private func invalid(_ number: Int, _ value: String, allowed: String) -> StorageError {
        StorageError(
            .value, store: connection.store, "parameter $\(number) is \(value); allowed is \(allowed)", isNotDone: true)
    }

    private static func value(_ handle: OpaquePointer?, _ column: Int32) -> SQLValue {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            // The pointer first: asking for it may convert the value and change its size.
            let start = sqlite3_column_text(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            // Repairs what is no UTF-8, as a damaged file may hold.
            return .text(
                String(decoding: UnsafeBufferPointer(start: start, count: start == nil ? 0 : count), as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .blob(Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
        default:
            return .null
        }
    }
}
