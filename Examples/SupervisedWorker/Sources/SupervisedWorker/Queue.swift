import SageResilience

/// A queue of jobs whose connection breaks a few times, as those of message brokers do.
actor Queue {
    struct ConnectionLost: ClassifiedError, CustomStringConvertible {
        var classification: ErrorClassification { ErrorClassification(.transient, isConnection: true) }
        var description: String { "connection lost" }
    }

    private var failuresLeft: Int
    private var lastJob = 0

    init(failures: Int) {
        failuresLeft = failures
    }

    func connect() throws {
        guard failuresLeft > 0 else { return }
        failuresLeft -= 1
        throw ConnectionLost()
    }

    func next() -> Int {
        lastJob += 1
        return lastJob
    }
}
