import SageResilience

/// Why a turn has to be asked for again: the way to the server broke, or the server asks to come back later.
struct ChatInterruption: ClassifiedError {
    let failure: CommandFailure
    /// How long the server wants to be left alone.
    var wait: Duration?

    var classification: ErrorClassification {
        ErrorClassification(.transient, hint: wait.map(ServerHint.wait), isConnection: true)
    }
}

extension CommandFailure: ClassifiedError {
    /// What the user is told about is final.
    var classification: ErrorClassification { ErrorClassification(.permanent) }
}
