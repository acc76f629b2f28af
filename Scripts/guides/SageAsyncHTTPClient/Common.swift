// What the examples of SageAsyncHTTPClient leave out. It is type-checked and never run.
import AsyncHTTPClient
import SageAsyncHTTPClient
import SageResilience
import NIOCore

struct SearchError<Status>: Error {
    init(_ status: Status) {}
}

func consume(_ part: ByteBuffer) {}
