import Foundation
package import SageStorage

/// The PostgreSQL server beside which the tests run, if there is one.
package enum PostgresEnvironment {
    package static let url = ProcessInfo.processInfo.environment["SAGE_TEST_POSTGRES"]
    package static let tlsURL = ProcessInfo.processInfo.environment["SAGE_TEST_POSTGRES_TLS"]
    package static let isThere = url != nil
    package static let hasTLS = tlsURL != nil

    /// The server's URL with another user, password, database or options.
    package static func address(
        _ base: String? = url, database: String? = nil, user: String? = nil, password: String? = nil,
        port: Int? = nil, host: String? = nil, options: [String] = []
    ) throws -> String {
        var parts = try URLComponents(string: base ?? "").unwrapped
        if let database { parts.path = "/" + database }
        if let user { parts.user = user }
        if let password { parts.password = password }
        if let port { parts.port = port }
        if let host { parts.host = host }
        let items = [parts.percentEncodedQuery].compactMap { $0 } + options
        parts.percentEncodedQuery = items.isEmpty ? nil : items.joined(separator: "&")
        return try parts.string.unwrapped
    }

    package static func port(of url: String?) throws -> Int {
        try URLComponents(string: url ?? "").unwrapped.port.unwrapped
    }

    /// Runs a test on an empty database of its own, which goes with it.
    package static func withDatabase<Result>(
        _ options: [String] = [], isolation: PostgresIsolation = .readCommitted, policies: StoragePolicies = .default,
        _ body: (PostgresDatabase) async throws -> Result
    ) async throws -> Result {
        try await withDatabases(1, options, isolation: isolation, policies: policies) { try await body($0[0]) }
    }

    /// Runs a test on an empty database that several clients have open.
    package static func withDatabases<Result>(
        _ count: Int, _ options: [String] = [], isolation: PostgresIsolation = .readCommitted,
        policies: StoragePolicies = .default, _ body: ([PostgresDatabase]) async throws -> Result
    ) async throws -> Result {
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "_")
        let server = try PostgresDatabase(PostgresConfiguration(url: address()))
        try await server.administer("CREATE DATABASE \(name)")
        let configuration = try PostgresConfiguration(url: address(database: name, options: options))
        let databases = try (0..<count).map { _ in
            try PostgresDatabase(configuration, name: "test", isolation: isolation, policies: policies)
        }
        func finish() async throws {
            for database in databases { await database.close() }
            try await server.administer("DROP DATABASE \(name) WITH (FORCE)")
            await server.close()
        }
        do {
            let result = try await body(databases)
            try await finish()
            return result
        } catch {
            try await finish()
            throw error
        }
    }

    /// Runs a test as a user who may make tables in a database and nothing else.
    package static func asOrdinaryUser<Result>(
        of database: PostgresDatabase, _ body: (PostgresDatabase) async throws -> Result
    ) async throws -> Result {
        let name = database.configuration.database
        let user = name + "_user"
        try await database.administer("CREATE ROLE \(user) LOGIN PASSWORD 'x'")
        try await database.administer("GRANT USAGE, CREATE ON SCHEMA public TO \(user)")
        let own = try PostgresDatabase(
            PostgresConfiguration(url: address(database: name, user: user, password: "x")), name: "test")
        func finish() async throws {
            await own.close()
            try await database.administer("DROP OWNED BY \(user) CASCADE")
            try await database.administer("DROP ROLE \(user)")
        }
        do {
            let result = try await body(own)
            try await finish()
            return result
        } catch {
            try await finish()
            throw error
        }
    }
}

extension Optional {
    package struct Missing: Error {}

    /// The value; throws when there is none.
    package var unwrapped: Wrapped {
        get throws {
            guard let self else { throw Missing() }
            return self
        }
    }
}
