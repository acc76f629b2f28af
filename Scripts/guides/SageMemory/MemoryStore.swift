private let database: SQLiteDatabase = { fatalError("never run") }()
