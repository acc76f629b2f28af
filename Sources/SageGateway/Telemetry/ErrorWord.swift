import SageResilience

/// The class of an error as a label: one of a few words, whatever a provider has said.
enum ErrorWord: Int, Sendable, CaseIterable {
    case none
    case transient
    case rateLimited
    case overloaded
    case timeout
    case permanent
    case authentication
    case quotaExhausted
    case contextWindow
    case contentPolicy
    case unknown
    /// Sage itself has refused the request.
    case rejected

    init(_ errorClass: ErrorClass) {
        self =
            switch errorClass {
            case .transient: .transient
            case .rateLimited: .rateLimited
            case .overloaded: .overloaded
            case .timeout: .timeout
            case .permanent: .permanent
            case .authentication: .authentication
            case .quotaExhausted: .quotaExhausted
            case .contextWindow: .contextWindow
            case .contentPolicy: .contentPolicy
            default: .unknown
            }
    }

    /// The class of an error that Sage has made itself, without a provider.
    init(_ code: GatewayError.Code) {
        self =
            switch code {
            case .invalidRequest, .modelNotFound, .requestTooLarge, .conflict: .permanent
            case .unauthorized: .authentication
            case .rateLimited, .overloaded, .circuitOpen, .interrupted: .rejected
            case .upstreamError, .upstreamTruncated, .storeUnavailable: .transient
            case .deadlineExceeded: .timeout
            case .quotaExhausted: .quotaExhausted
            }
    }

    var label: String {
        switch self {
        case .none: "none"
        case .transient: ErrorClass.transient.rawValue
        case .rateLimited: ErrorClass.rateLimited.rawValue
        case .overloaded: ErrorClass.overloaded.rawValue
        case .timeout: ErrorClass.timeout.rawValue
        case .permanent: ErrorClass.permanent.rawValue
        case .authentication: ErrorClass.authentication.rawValue
        case .quotaExhausted: ErrorClass.quotaExhausted.rawValue
        case .contextWindow: ErrorClass.contextWindow.rawValue
        case .contentPolicy: ErrorClass.contentPolicy.rawValue
        case .unknown: ErrorClass.unknown.rawValue
        case .rejected: "rejected"
        }
    }
}
