import SageResilience

extension PostgresDatabase {
    /// Tries step by step what the database is needed for, by a connection of its own and past all policies.
    ///
    /// Nothing is changed. It ends within some seconds, whatever the server does.
    ///
    /// - Parameter timeLimit: How long it may take. Defaults to 10 s.
    public func diagnose(within timeLimit: Duration = .seconds(10)) async -> PostgresDiagnosis {
        var diagnosis = PostgresDiagnosis(location: configuration.location)
        do {
            let findings = try await findings(.after(timeLimit), &diagnosis)
            diagnosis.record(findings, configuration)
        } catch let error as StorageError {
            if diagnosis.steps.isEmpty {
                diagnosis.failedToConnect(error, configuration)
            } else {
                diagnosis.failed(.version, error.message, error.remedy)
            }
        } catch {
            if diagnosis.steps.isEmpty { diagnosis.failed(.name, "the diagnosis was cancelled", nil) }
        }
        diagnosis.finish()
        return diagnosis
    }

    private func findings(
        _ deadline: Deadline, _ diagnosis: inout PostgresDiagnosis
    ) async throws -> PostgresFindings {
        let connecting = PostgresConnecting(configuration, storageGuard, deadline)
        let worker = try connecting.start(PostgresConnection.Events(withdraw: { true }, ended: {}))
        try await connecting.finish(worker)
        diagnosis.connected(configuration)
        let (call, result) = (PostgresCall(deadline), PendingResult<PostgresConnection.Outcome<PostgresFindings>>())
        let isSubmitted = worker.submit { connection in
            let outcome = connection.transaction(.read, call) { try PostgresFindings.read($0) }
            result.decide(.success(outcome))
            connection.abandon()
        }
        guard isSubmitted else {
            throw StorageError(.connectionLost, store: name, "the server closed the connection")
        }
        let outcome = try await withTaskCancellationHandler {
            try await result.wait()
        } onCancel: {
            call.cancel()
            worker.pipe.wake()
        }
        switch outcome {
        case .value(let findings): return findings
        case .failed(let error): throw error
        case .broken(let error): throw error
        }
    }
}
