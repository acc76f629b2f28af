extension PostgresConfiguration {
    /// What libpq is told, so that no variable of the environment decides anything but a missing password.
    var parameters: [(name: String, value: String)] {
        var parameters = [
            ("host", host), ("port", "\(port)"), ("user", user), ("dbname", database),
            ("application_name", applicationName), ("client_encoding", "UTF8"),
            ("sslmode", host.utf8.first == UInt8(ascii: "/") ? PostgresTLSMode.disable.rawValue : tls.mode.rawValue),
            // Asking for Kerberos costs a round trip, and its library a look around the file system.
            ("gssencmode", "disable"),
            ("target_session_attrs", "any"),
            // Text of times means the same whatever the server's settings are.
            ("options", "-c timezone=UTC -c datestyle=ISO"),
            // A peer that is gone without a word is noticed.
            ("keepalives", "1"), ("keepalives_idle", "30"), ("keepalives_interval", "10"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "15000"),
        ]
        if let password { parameters.append(("password", password)) }
        if let path = tls.rootCertificate { parameters.append(("sslrootcert", path)) }
        if let path = tls.certificate { parameters.append(("sslcert", path)) }
        if let path = tls.key { parameters.append(("sslkey", path)) }
        return parameters.map { (name: $0.0, value: $0.1) }
    }
}
