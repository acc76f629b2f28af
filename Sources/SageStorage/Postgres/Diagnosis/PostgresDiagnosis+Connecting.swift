extension PostgresDiagnosis {
    /// How far an attempt to connect has come says which of the first parts work.
    mutating func connected(_ configuration: PostgresConfiguration) {
        recordSteps(before: nil, configuration)
    }

    /// The attempt failed: what comes before the failure works.
    mutating func failedToConnect(_ error: StorageError, _ configuration: PostgresConfiguration) {
        let part: Part =
            switch error.problem {
            case .hostUnknown: .name
            case .tls: .tls
            case .databaseMissing: .database
            case .authentication, .starting, .tooManyConnections, .privilege: .login
            default: error.code == nil ? .connection : .login
            }
        recordSteps(before: part, configuration)
        failed(part, error.message, error.remedy)
    }

    private mutating func recordSteps(before end: Part?, _ configuration: PostgresConfiguration) {
        for part in [Part.name, .connection, .tls, .login, .database] {
            if part == end { return }
            switch part {
            case .name: passed(part, configuration.host)
            case .connection: passed(part, "\(configuration.address) answers")
            case .tls: passed(part, "sslmode is \(configuration.tls.mode.rawValue)")
            case .login: passed(part, "user \(configuration.user)")
            default: passed(part, configuration.database)
            }
        }
    }
}
