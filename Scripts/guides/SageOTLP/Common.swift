// What the examples of SageOTLP leave out. It is type-checked and never run.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import SageOTLP
import SageTesting
import Tracing

struct Collector: Sendable {
    func send(_ request: OTLPRequest) async throws -> OTLPResponse { OTLPResponse(status: 200) }
}
let collector = Collector()
let testClock = TestClock()
