import SageResilience

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Why a collector has not taken spans.
struct OTLPExportError: ClassifiedError, CustomStringConvertible {
    /// The collector's status; nil when there was no answer.
    let status: Int?
    let classification: ErrorClassification
    /// Whether the collector does not want these spans, now or later.
    var isRefusal: Bool { status != nil && classification.errorClass.retryability == .permanent }

    /// Never the text of another's error, which may hold the address with its credentials.
    let description: String

    /// - Parameter now: The present in seconds since 1970.
    init(_ response: OTLPResponse, now: Int64 = Int64(Date.now.timeIntervalSince1970)) {
        status = response.status
        description = "the collector answered with status \(response.status)"
        let wait = RetryAfterField.wait(
            response.retryAfter.lazy.map { $0[...] }, dates: EmptyCollection<Substring>(), now: now)
        classification =
            switch response.status {
            // What OTLP/HTTP calls retryable, and nothing else.
            case 429: ErrorClassification(.rateLimited, hint: wait.map(ServerHint.wait))
            case 502, 503, 504: ErrorClassification(.overloaded, hint: wait.map(ServerHint.wait))
            case 401, 403: ErrorClassification(.authentication)
            default: ErrorClassification(.permanent)
            }
    }

    /// - Parameter error: What the HTTP client has thrown; whatever it is, the collector may be there again soon.
    init(_ error: any Error) {
        status = nil
        description = "the collector did not answer (\(type(of: error)))"
        classification = ErrorClassification(.transient, isConnection: true)
    }
}

/// What a collector says of the spans of a request that it has taken.
struct ExportReply: Decodable {
    struct PartialSuccess: Decodable {
        /// A 64-bit integer, and so a text; some collectors write a number.
        enum Count: Decodable {
            case value(Int)

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let number = try? container.decode(Int.self) {
                    self = .value(number)
                } else {
                    self = .value(Int(try container.decode(String.self)) ?? 0)
                }
            }
        }

        let rejectedSpans: Count?
        let errorMessage: String?
    }

    let partialSuccess: PartialSuccess?

    /// How many of the spans were rejected; 0 when the body says nothing that can be read.
    static func rejected(in body: [UInt8]) -> Int {
        guard !body.isEmpty, body.count <= OTLPResponse.maxBodyLength,
            let reply = try? JSONDecoder().decode(ExportReply.self, from: Data(body)),
            case .value(let count)? = reply.partialSuccess?.rejectedSpans
        else { return 0 }
        return max(0, count)
    }
}
