import SageMemory
import SageResilience
import SageSessions
import SageStorage

extension GatewayError {
    /// Whether an error says that a store cannot be used, rather than that it was used wrongly.
    static func isOfStore(_ error: any Error) -> Bool {
        guard let error = error as? StorageError else {
            return error is any ResilienceRejection || error is TimeLimiterError
        }
        return error.classification.fault != .caller
    }

    /// Whether a store that cannot be used may work again soon without anybody mending it.
    static func mayPass(_ error: any Error) -> Bool {
        guard isOfStore(error) else { return false }
        switch (error as? StorageError)?.problem {
        case .corrupt, .foreign, .replaced, .newerSchema, .closed: return false
        default: return true
        }
    }

    /// What a client gets to see when a store cannot do what it was asked for.
    ///
    /// Where the store is and what it said is for operators, who find it in `/status` and the log.
    init(store error: any Error) {
        switch error {
        case let error as GatewayError: self = error
        case let error as StorageError where error.problem == .value:
            self.init(.invalidRequest, error.message)
        case let error as StorageError:
            self.init(
                .storeUnavailable, "the store \(error.store) cannot be used now (\(error.problem.rawValue))",
                retryAfter: .seconds(1))
        case let error as any ResilienceRejection:
            self.init(
                .storeUnavailable, "the store \(error.policyName) is not used for now, after failures",
                retryAfter: error.retryAfter ?? .seconds(1))
        case let error as MemoryError:
            self.init(.invalidRequest, "\(error)")
        case let error as SessionError:
            self.init(session: error)
        default:
            self.init(.storeUnavailable, "the store cannot be used now", retryAfter: .seconds(1))
        }
    }

    /// What a client gets to see of a refusal by the store of conversations.
    ///
    /// - Parameter id: The conversation, as the client names it.
    init(session error: SessionError, shown id: String? = nil) {
        switch error {
        case .notFound:
            self.init(.invalidRequest, "there is no such session", status: 404, parameter: "session_id")
        case .conflict(_, let reason):
            self.init(.conflict, "this session: \(reason)")
        case .fenced:
            self.init(.conflict, "the turn was taken over by another process")
        case .turnEnded:
            self.init(.conflict, "the turn has ended")
        case .running:
            self.init(.conflict, "a turn of this session is under way", retryAfter: .seconds(1))
        case .nothingToResume:
            self.init(.conflict, "nothing of this session is interrupted, or somebody goes on with it already")
        case .invalidID(let field, let reason):
            self.init(.invalidRequest, "\(field) \(reason)", parameter: field)
        case .invalidValue(let field, _, let allowed):
            self.init(.invalidRequest, "\(field): allowed is \(allowed)", parameter: field)
        case .tooLarge(let field, let bytes, let allowed):
            self.init(.requestTooLarge, "\(field) has \(bytes) bytes; allowed are \(allowed)", parameter: field)
        case .damaged(_, let reason):
            self.init(.conflict, "this session is damaged: \(reason)")
        }
    }
}
