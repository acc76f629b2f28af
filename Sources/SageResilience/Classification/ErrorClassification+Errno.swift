extension ErrorClassification {
    /// What a number of the operating system says about a network call.
    ///
    /// Refused connections and hosts without a route count as not sent. Strictly, a connection that was made can report
    /// a lost route too, but on Linux only after a quarter of an hour without an answer; every time limit is shorter.
    /// A reset may come after the service has done its work.
    ///
    /// - Parameters:
    ///   - code: The value of `errno`, as this operating system numbers it; others are unknown.
    ///   - isConnecting: Whether the error came while the connection was made, so that nothing was sent. Defaults to
    ///     no.
    public init(errno code: Int32, isConnecting: Bool = false) {
        self = Self.ofErrno(code)
        isNotSent = isNotSent || isConnecting
        isConnection = isConnection || isConnecting
    }

    private static func ofErrno(_ code: Int32) -> ErrorClassification {
        typealias Number = SystemErrorNumber
        switch code {
        case Number.connectionRefused, Number.hostUnreachable, Number.hostDown, Number.networkUnreachable,
            Number.networkDown, Number.addressNotAvailable:
            return ErrorClassification(.transient, isNotSent: true)
        case Number.connectionReset, Number.connectionAborted, Number.networkReset, Number.brokenPipe,
            Number.notConnected, Number.shutDown:
            return ErrorClassification(.transient, isConnection: true)
        case Number.inputOutput, Number.interrupted, Number.tryAgain, Number.cancelled:
            return ErrorClassification(.transient)
        case Number.timedOut:
            return ErrorClassification(.timeout)
        // This process or host is short of something, not the service; a descriptor is missing before anything is sent.
        case Number.tooManyFiles, Number.tooManyFilesInSystem:
            return ErrorClassification(.overloaded, fault: .caller, isNotSent: true)
        case Number.noMemory, Number.noBuffers:
            return ErrorClassification(.overloaded, fault: .caller)
        case Number.accessDenied, Number.notPermitted:
            return ErrorClassification(.permanent)
        default:
            return ErrorClassification(.unknown)
        }
    }
}

/// The numbers of the errors that calls over a network end with; they differ between systems.
enum SystemErrorNumber {
    static let notPermitted: Int32 = 1
    static let interrupted: Int32 = 4
    static let inputOutput: Int32 = 5
    static let noMemory: Int32 = 12
    static let accessDenied: Int32 = 13
    static let tooManyFilesInSystem: Int32 = 23
    static let tooManyFiles: Int32 = 24
    static let brokenPipe: Int32 = 32
    #if canImport(Darwin)
    static let tryAgain: Int32 = 35
    static let addressNotAvailable: Int32 = 49
    static let networkDown: Int32 = 50
    static let networkUnreachable: Int32 = 51
    static let networkReset: Int32 = 52
    static let connectionAborted: Int32 = 53
    static let connectionReset: Int32 = 54
    static let noBuffers: Int32 = 55
    static let notConnected: Int32 = 57
    static let shutDown: Int32 = 58
    static let timedOut: Int32 = 60
    static let connectionRefused: Int32 = 61
    static let hostDown: Int32 = 64
    static let hostUnreachable: Int32 = 65
    static let cancelled: Int32 = 89
    #else
    static let tryAgain: Int32 = 11
    static let addressNotAvailable: Int32 = 99
    static let networkDown: Int32 = 100
    static let networkUnreachable: Int32 = 101
    static let networkReset: Int32 = 102
    static let connectionAborted: Int32 = 103
    static let connectionReset: Int32 = 104
    static let noBuffers: Int32 = 105
    static let notConnected: Int32 = 107
    static let shutDown: Int32 = 108
    static let timedOut: Int32 = 110
    static let connectionRefused: Int32 = 111
    static let hostDown: Int32 = 112
    static let hostUnreachable: Int32 = 113
    static let cancelled: Int32 = 125
    #endif
}
