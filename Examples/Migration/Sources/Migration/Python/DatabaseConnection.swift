import SageResilience

// snippet: database-connection
/// A connection whose calls are guarded: connecting with one breaker, statements with another.
actor DatabaseConnection {
    private let connecting: InTaskResiliencePipeline
    private let reading: InTaskResiliencePipeline
    private let writing: InTaskResiliencePipeline
    private let driver: SimulatedDriver
    private var isConnected = false

    init(driver: SimulatedDriver, listener: (any ResilienceListener)? = nil) throws {
        let statements = CircuitBreaker("database", .database, listener: listener)
        self.driver = driver
        self.connecting = try InTaskResiliencePipeline("database_connection", listener: listener) {
            try RetryConfiguration(
                maxAttempts: 6, backoff: .exponential(initialDelay: .milliseconds(100)), classifier: .database)
            CircuitBreakerConfiguration.databaseConnection
        }
        self.reading = InTaskResiliencePipeline("database_reads", listener: listener) {
            RetryConfiguration.database.with(idempotency: .idempotent)
            statements
        }
        self.writing = InTaskResiliencePipeline("database_writes", listener: listener) {
            RetryConfiguration.database  // only what certainly never arrived is sent again
            statements
        }
    }

    func connect() async throws {
        try await connecting.execute {
            try await driver.connect()
            isConnected = true  // the operation runs in the actor
        }
    }

    func fetch(_ query: String) async throws -> [String] {
        try await reading.execute { try await driver.fetch(query) }
    }

    func execute(_ statement: String) async throws {
        try await writing.execute { try await driver.execute(statement) }
    }
}
// end snippet

/// An error of the driver with an SQLSTATE, as every PostgreSQL driver has one.
struct DriverError: SQLStateError {
    let sqlState: String?
}

actor SimulatedDriver {
    private var failures: [DriverError]
    private(set) var calls = 0

    init(failing sqlStates: String...) {
        self.failures = sqlStates.map { DriverError(sqlState: $0) }
    }

    func connect() throws { try call() }
    func execute(_ statement: String) throws { try call() }
    func fetch(_ query: String) throws -> [String] {
        try call()
        return ["a row"]
    }

    private func call() throws {
        calls += 1
        if !failures.isEmpty { throw failures.removeFirst() }
    }
}

func databaseConnection() async throws {
    let driver = SimulatedDriver(failing: "57P03")  // the server is starting
    let connection = try DatabaseConnection(driver: driver)
    try await connection.connect()
    try expect(await driver.calls == 2, "connecting is tried again")
    try expect(try await connection.fetch("SELECT 1") == ["a row"], "statements pass")

    let broken = try DatabaseConnection(driver: SimulatedDriver(failing: "08006"))
    do {
        try await broken.execute("INSERT INTO turns VALUES (1)")
        try expect(false, "a write whose outcome nobody knows is not repeated")
    } catch is DriverError {}
}
