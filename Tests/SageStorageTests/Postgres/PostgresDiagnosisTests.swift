import SageStorage
import StorageTestSupport
import Testing

@Suite(.enabled(if: PostgresEnvironment.isThere), .timeLimit(.minutes(2)))
struct PostgresDiagnosisTests {
    private func diagnosis(_ url: String) async throws -> PostgresDiagnosis {
        let database = try PostgresDatabase(PostgresConfiguration(url: url))
        let diagnosis = await database.diagnose()
        await database.close()
        #expect(
            diagnosis.steps.map(\.part).sorted { $0.rawValue < $1.rawValue }
                == PostgresDiagnosis.Part.allCases.sorted { $0.rawValue < $1.rawValue })
        return diagnosis
    }

    @Test func findsNothingWrongWithASoundServer() async throws {
        try await PostgresEnvironment.withDatabase { database in
            let diagnosis = await database.diagnose()
            #expect(diagnosis.isUsable)
            #expect(diagnosis.location == database.location)
            let version = diagnosis.steps.first { $0.part == .version }
            #expect(version?.message.contains("PostgreSQL") == true)
        }
    }

    @Test(arguments: [
        (PostgresDiagnosis.Part.connection, ["port"]), (.login, ["password"]), (.database, ["database"]),
    ])
    func namesTheFirstThatFails(_ part: PostgresDiagnosis.Part, _ wrong: [String]) async throws {
        let url = try PostgresEnvironment.address(
            database: wrong == ["database"] ? "no_such_database" : nil,
            password: wrong == ["password"] ? "wrong-one" : nil, port: wrong == ["port"] ? 1 : nil)
        let diagnosis = try await diagnosis(url)
        #expect(!diagnosis.isUsable)
        #expect(diagnosis.firstFailure?.part == part)
        #expect(diagnosis.firstFailure?.remedy != nil)
        let place = PostgresDiagnosis.Part.allCases.firstIndex(of: part) ?? 0
        for (index, each) in PostgresDiagnosis.Part.allCases.enumerated() where index != place {
            let step = diagnosis.steps.first { $0.part == each }
            #expect(step?.isOK == (index < place ? true : nil), "\(each)")
        }
    }

    @Test func saysThatAUserMayNotCreateOrInstall() async throws {
        try await PostgresEnvironment.withDatabase { database in
            let name = database.configuration.database
            try await database.administer("CREATE ROLE \(name) LOGIN PASSWORD 'x'")
            try await database.administer("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            let diagnosis = try await diagnosis(
                PostgresEnvironment.address(database: name, user: name, password: "x"))
            #expect(!diagnosis.isUsable)
            #expect(diagnosis.firstFailure?.part == .privilege)
            #expect(diagnosis.firstFailure?.remedy?.contains("GRANT") == true)
            let vector = diagnosis.steps.first { $0.part == .vectorInstalled }
            if diagnosis.steps.contains(where: { $0.part == .vectorAvailable && $0.isOK == true }) {
                #expect(vector?.isOK == false)
                #expect(vector?.remedy?.contains("CREATE EXTENSION vector") == true)
            }
            try await database.administer("REASSIGN OWNED BY \(name) TO sage")
            try await database.administer("DROP ROLE \(name)")
        }
    }
}
