import ArgumentParser

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A command that failed: what to tell the user, and the exit status.
struct CommandFailure: Error {
    let status: ExitCode
    /// Nil if the command has told it already.
    let message: String?

    init(_ status: ExitCode, _ message: String? = nil) {
        self.status = status
        self.message = message
    }

    /// What an error that ended a command means; nil for help, version and completion, which come as errors too but
    /// are no failures.
    init?(_ error: any Error) {
        if let failure = error as? CommandFailure {
            self = failure
            return
        }
        switch SageCommand.exitCode(for: error) {
        case .success: return nil
        case .validationFailure: self.init(.usage, SageCommand.fullMessage(for: error))
        default: self.init(.failed, SageCommand.fullMessage(for: error))
        }
    }

    /// Writes the message to the standard error.
    func report() {
        guard let message else { return }
        Terminal.writeError(message.hasPrefix("Error") ? message : "sage: \(message)")
    }
}

extension ExitCode {
    /// The operation failed.
    static let failed = ExitCode(1)
    /// Bad usage or configuration.
    static let usage = ExitCode(2)
    /// The server cannot be reached.
    static let unreachable = ExitCode(69)
}
