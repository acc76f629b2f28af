import CPostgreSQL

extension PostgresConnection {
    /// Connects, logs in and sets the session up.
    func connect(_ call: PostgresCall) throws(StorageError) {
        begin(call)
        defer { end() }
        let handle = try start()
        self.handle = handle
        var progress = PGRES_POLLING_WRITING
        while progress != PGRES_POLLING_OK {
            switch progress {
            case PGRES_POLLING_READING: try waitForServer(read: true, write: false)
            case PGRES_POLLING_WRITING: try waitForServer(read: false, write: true)
            default: throw connectFailure(handle)
            }
            progress = PQconnectPoll(handle)
        }
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        PQsetnonblocking(handle, 1)
        // A commit that was acknowledged is on the disk, whatever the role's settings are.
        try run(
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'")
    }

    private func start() throws(StorageError) -> OpaquePointer {
        let parameters = configuration.parameters
        let handle = Self.withCStrings(parameters.map(\.name)) { names in
            Self.withCStrings(parameters.map(\.value)) { values in PQconnectStartParams(names, values, 0) }
        }
        guard let handle else {
            throw StorageError(.other, store: store, "no memory is left for a connection", isNotDone: true)
        }
        // Only verbose messages hold the code of a failed login.
        PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
        // By default notices go to the standard error stream.
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        guard PQstatus(handle) != CONNECTION_BAD else {
            defer { PQfinish(handle) }
            throw connectFailure(handle)
        }
        return handle
    }

    private func waitForServer(read: Bool, write: Bool) throws(StorageError) {
        do {
            try wait(read: read, write: write)
        } catch {
            guard interruption == .deadline else { throw error }
            // As libpq would have said it.
            let failure = PostgresFailure(
                sqlState: nil, message: "\(configuration.address) did not answer: timeout expired")
            throw StorageError(failure, store: store, remedy)
        }
    }

    private func connectFailure(_ handle: OpaquePointer) -> StorageError {
        StorageError(
            PostgresFailure(connecting: String(cString: PQerrorMessage(handle))), store: store, remedy)
    }

    /// Hands an array of C strings on, which ends with a null pointer.
    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
    ) -> Result {
        var bytes: [CChar] = []
        var offsets: [Int] = []
        for string in strings {
            offsets.append(bytes.count)
            bytes.append(contentsOf: string.utf8CString)
        }
        return bytes.withUnsafeBufferPointer { bytes in
            var pointers = offsets.map { bytes.baseAddress?.advanced(by: $0) }
            pointers.append(nil)
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
