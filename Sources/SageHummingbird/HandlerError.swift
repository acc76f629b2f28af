import HTTPTypes
import Hummingbird
import NIOCore
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

extension ResponseBody {
    /// The same body, which ends a permit when it has been written, has failed, or is not written at all.
    func ending(_ permit: SharedPipelinePermit, status: HTTPResponse.Status) -> ResponseBody {
        // The server writes after the handler has returned, when its context is gone.
        let context = CallContext.current
        return ResponseBody(contentLength: contentLength) { writer in
            do {
                try await CallContext.$current.withValue(context) { [writer] in try await write(writer) }
                permit.end(status)
            } catch {
                if error.isClientGone { permit.ignore() } else { permit.end(error) }
                throw error
            }
        }
    }
}

extension Error {
    /// Whether a body could not be written because nobody is there to read it.
    fileprivate var isClientGone: Bool {
        switch self {
        case is ChannelError, is IOError, is NIOAsyncWriterError, is CancellationError: true
        default: false
        }
    }
}
