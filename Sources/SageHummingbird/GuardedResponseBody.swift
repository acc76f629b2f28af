import HTTPTypes
import Hummingbird
import NIOCore
import SageResilience
import Synchronization

extension ResponseBody {
    /// The same body, which ends a permit when it has been written, has failed, or is not written at all.
    func ending(_ permit: SharedPipelinePermit, status: HTTPResponse.Status) -> ResponseBody {
        // The server writes after the handler has returned, when its context is gone.
        let context = CallContext.current
        return ResponseBody(contentLength: contentLength) { writer in
            let reader = Reader()
            do {
                let watched = WatchedWriter(base: writer, reader: reader)
                try await CallContext.$current.withValue(context) { try await write(watched) }
                if reader.isGone { permit.ignore() } else { permit.end(status) }
            } catch {
                // Whatever the body made of it.
                if reader.isGone { permit.ignore() } else { permit.end(error) }
                throw error
            }
        }
    }
}

/// Whether anybody reads an answer.
private final class Reader: Sendable {
    private let state = Mutex(false)

    var isGone: Bool { state.withLock { $0 } }

    func went() { state.withLock { $0 = true } }
}

/// Notices when an answer cannot be written because nobody is there to read it.
///
/// Only the writer knows: the same errors, thrown by what the body is made from, are of a service further in.
private struct WatchedWriter: ResponseBodyWriter {
    var base: any ResponseBodyWriter
    let reader: Reader

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        do {
            try await base.write(buffer)
        } catch {
            note(error)
            throw error
        }
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        do {
            try await base.finish(trailingHeaders)
        } catch {
            note(error)
            throw error
        }
    }

    private func note(_ error: any Error) {
        switch error {
        case is ChannelError, is IOError, is NIOAsyncWriterError, is CancellationError: reader.went()
        // Of a middleware that changes what is written.
        default: break
        }
    }
}
