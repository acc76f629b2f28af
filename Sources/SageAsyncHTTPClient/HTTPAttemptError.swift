public import AsyncHTTPClient
import NIOHTTP1
public import SageResilience

/// How one attempt of a ``ResilientHTTPClient`` failed, as the policies of its pipeline see it.
///
/// Classifiers and listeners meet it; the caller gets ``response``: the answer, or the error itself.
///
/// ```swift
/// let classifier = ErrorClassifier {
///     ErrorRule.httpStatus(of: HTTPAttemptError.self) { $0.status == 404 ? 503 : nil }  // it comes up slowly
/// }
/// ```
public struct HTTPAttemptError: ClassifiedError, CustomStringConvertible {
    /// The answer whose status made it a failure, or the error because of which there is none.
    public let response: Result<HTTPClientResponse, any Error>
    /// What it means: the answer's status and its `Retry-After`, or the kind of the error.
    public let classification: ErrorClassification

    /// The status of the answer; nil when there is none.
    public var status: Int? { (try? response.get()).map { Int($0.status.code) } }

    init(_ response: HTTPClientResponse) {
        self.response = .success(response)
        self.classification = ErrorClassification(
            httpStatus: Int(response.status.code), retryAfter: RetryAfter.wait(in: response.headers))
    }

    init(_ error: any Error) {
        self.response = .failure(error)
        self.classification = ErrorClassification(httpClientError: error)
    }

    /// Whether another attempt may follow this answer, whose body nobody would then read.
    static func isWorthRepeating(_ response: HTTPClientResponse) -> Bool {
        ErrorClassification(httpStatus: Int(response.status.code)).errorClass.retryability != .permanent
    }

    /// The error as a sentence, without the address and the fields of the request.
    public var description: String {
        switch response {
        case .success(let answer): "the service answered with \(answer.status.code)"
        case .failure(let error as HTTPClientError): "no answer: \(error.shortDescription)"
        case .failure(let error): "no answer: \(type(of: error))"
        }
    }
}
