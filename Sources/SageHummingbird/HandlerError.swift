import HTTPTypes
import Hummingbird
import SageResilience

/// A status with which a handler says that it failed.
struct HandlerError: ClassifiedError {
    let status: HTTPResponse.Status

    var classification: ErrorClassification { ErrorClassification(httpStatus: status.code) }
}

extension SharedPipelinePermit {
    /// Ends with what the status of an answer says: below 500 the server did its work.
    func end(_ status: HTTPResponse.Status) {
        if status.code >= 500 { fail(HandlerError(status: status)) } else { succeed() }
    }

    /// Ends with an error of a handler, which may be a status.
    func end(_ error: any Error) {
        if !(error is any ClassifiedError), let answer = error as? any HTTPResponseError {
            end(answer.status)
        } else {
            fail(error)
        }
    }
}
