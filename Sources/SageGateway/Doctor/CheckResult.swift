/// What one check of `sage doctor` found.
package struct CheckResult: Sendable, Hashable {
    /// How bad it is.
    package enum Status: String, Sendable, Hashable, CaseIterable {
        case fine
        /// It works, and will not for ever or not well.
        case warning
        /// It does not work.
        case failed
        /// Nothing was to be checked.
        case skipped
    }

    /// What was checked: `configuration`, `provider openai`, `storage.sessions`.
    package let subject: String
    package let status: Status
    /// What was found, without secrets.
    package let message: String
    /// What mends it, where something does.
    package let remedy: String?

    /// Creates a result.
    package init(_ subject: String, _ status: Status, _ message: String, remedy: String? = nil) {
        self.subject = subject
        self.status = status
        self.message = message
        self.remedy = remedy
    }
}
