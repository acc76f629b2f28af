package import NIOCore
import NIOPosix
package import SageLLM
import Synchronization

/// A provider in memory that does as it is told: one reply for each request, the last one again and again.
///
/// Its timers live on the event loop that it was given, so that a test decides when time passes.
package final class ScriptedTransport: UpstreamTransport {
    private struct State {
        var replies: [ScriptedReply]
        var requests: [UpstreamRequest] = []
        var bodies: [UpstreamBody] = []
        var cancellations = 0
        var shutdowns = 0
        var lookouts: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state: Mutex<State>
    private let eventLoop: any EventLoop

    package init(
        _ replies: [ScriptedReply], eventLoop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
    ) {
        self.state = Mutex(State(replies: replies))
        self.eventLoop = eventLoop
    }

    package convenience init(_ replies: ScriptedReply...) {
        self.init(replies)
    }

    /// The requests that have arrived.
    package var requests: [UpstreamRequest] { state.withLock { $0.requests } }
    /// The number of requests that have arrived.
    package var calls: Int { requests.count }
    /// The bodies of the answers, in order.
    package var bodies: [UpstreamBody] { state.withLock { $0.bodies } }
    /// How many exchanges were ended by the caller.
    package var cancellations: Int { state.withLock { $0.cancellations } }
    package var shutdowns: Int { state.withLock { $0.shutdowns } }

    /// Replaces what is left of the script.
    package func script(_ replies: ScriptedReply...) {
        state.withLock { $0.replies = replies }
    }

    /// Waits until so many requests have arrived.
    package func waitForCalls(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.requests.count >= count { return true }
                state.lookouts.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    package func send(_ request: UpstreamRequest) async throws(UpstreamFailure) -> UpstreamResponse {
        let (reply, satisfied) = state.withLock { state in
            state.requests.append(request)
            let satisfied = state.lookouts.filter { $0.count <= state.requests.count }
            state.lookouts.removeAll { $0.count <= state.requests.count }
            let reply = state.replies.count > 1 ? state.replies.removeFirst() : state.replies.first
            return (reply ?? .failure(.connection(.other, detail: "no script")), satisfied.map(\.continuation))
        }
        for continuation in satisfied { continuation.resume() }
        switch reply {
        case .failure(let failure):
            throw failure
        case .silence:
            let (signal, continuation) = AsyncStream.makeStream(of: Never.self)
            for await _ in signal {}
            withExtendedLifetime(continuation) {}
            state.withLock { $0.cancellations += 1 }
            throw .cancelled
        case .answer(let status, let headers, let parts, let ending):
            let body = UpstreamBody(eventLoop: eventLoop) { [weak self] in
                self?.state.withLock { $0.cancellations += 1 }
            }
            state.withLock { $0.bodies.append(body) }
            for part in parts { _ = body.receive(part, resume: {}) }
            switch ending {
            case .complete: body.finish()
            case .failure(let failure): body.finish(.failure(failure))
            case .open: break
            }
            return UpstreamResponse(status: status, headers: headers, body: body)
        }
    }

    package func shutdown() async {
        state.withLock { $0.shutdowns += 1 }
    }
}
