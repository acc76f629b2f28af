import SageResilience
import SageTesting

extension EventRecorder {
    /// What supervisors told, as text: `+name restarts`, `-name`, `-name Error`, `name in delay`, `!name action` for giving
    /// up and `~name` for a child that goes on.
    var childLog: [String] {
        kinds.compactMap { kind in
            switch kind {
            case .childStarted(let name, let restarts): "+\(name) \(restarts)"
            case .childEnded(let name, let error): "-\(name)" + (error.map { " \(type(of: $0))" } ?? "")
            case .childRestartScheduled(let name, let delay): "\(name) in \(delay.seconds)"
            case .supervisorGaveUp(let name, let action): "!\(name) \(action)"
            case .childUnresponsive(let name, _): "~\(name)"
            default: nil
            }
        }
    }

    /// Waits until a child has been started that often again.
    func childStarted(_ name: String, restarts: Int = 0) async throws {
        _ = try await waitForEvent { event in
            if case .childStarted(name, restarts) = event.kind { true } else { false }
        }
    }

    /// Waits until a child has ended.
    func childEnded(_ name: String) async throws {
        _ = try await waitForEvent { event in
            if case .childEnded(name, _) = event.kind { true } else { false }
        }
    }
}
