/// Whether connections to PostgreSQL are encrypted, and what the server has to prove; the modes of libpq.
public enum PostgresTLSMode: String, Sendable, Hashable, CaseIterable {
    /// Never encrypted.
    case disable
    /// Encrypted only if the server takes nothing else.
    case allow
    /// Encrypted if the server can; whoever answers is believed.
    case prefer
    /// Encrypted; whoever answers is believed, unless there is a file of authorities.
    case require
    /// Encrypted, with a certificate of a known authority.
    case verifyCA = "verify-ca"
    /// Encrypted, with a certificate of a known authority for this very host.
    case verifyFull = "verify-full"
}
