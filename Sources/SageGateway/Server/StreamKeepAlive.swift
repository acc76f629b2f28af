import HTTPTypes
import NIOCore
import Synchronization

/// Keeps a client's connection alive while its stream has no content yet.
///
/// Proxies and libraries give up on a connection that is silent, and a provider may think for minutes before its first
/// token. So after a while the client's answer begins, with pings alone. From then on its status is told: what goes
/// wrong later becomes an event of the stream.
final class StreamKeepAlive: Sendable {
    private enum Phase {
        case silent, begun, stopped
    }

    private struct State {
        var phase = Phase.silent
        var timer: Scheduled<Void>?
    }

    private let channel: any Channel
    private let interval: TimeAmount?
    private let state = Mutex(State())

    /// - Parameters:
    ///   - channel: The client's connection.
    ///   - interval: How long the client hears nothing; nil leaves it silent.
    init(channel: any Channel, interval: TimeAmount?) {
        self.channel = channel
        self.interval = interval
    }

    /// Begins to wait.
    ///
    /// - Parameters:
    ///   - head: The head with which the answer begins if the wait is long.
    ///   - ping: What is sent then, and again and again.
    func start(_ head: HTTPResponse, ping: ByteBuffer) {
        guard let interval else { return }
        schedule(EarlyAnswer(head: head, bytes: ping), interval)
    }

    private func schedule(_ answer: EarlyAnswer, _ interval: TimeAmount) {
        state.withLock { state in
            guard state.phase != .stopped else { return }
            state.timer = channel.eventLoop.scheduleTask(in: interval) { self.send(answer, interval) }
        }
    }

    private func send(_ answer: EarlyAnswer, _ interval: TimeAmount) {
        let mustSend = state.withLock { state in
            guard state.phase != .stopped else { return false }
            state.phase = .begun
            return true
        }
        guard mustSend else { return }
        channel.triggerUserOutboundEvent(answer, promise: nil)
        schedule(answer, interval)
    }

    /// Ends the wait.
    ///
    /// - Returns: Whether the client's answer has begun, so that its head has been sent.
    func stop() -> Bool {
        state.withLock { state in
            state.timer?.cancel()
            state.timer = nil
            defer { state.phase = .stopped }
            return state.phase == .begun
        }
    }
}

/// Tells a connection's guard to begin the answer to the present request, or to go on with one that it has begun.
struct EarlyAnswer: Sendable {
    /// Sent unless the answer has begun.
    var head: HTTPResponse
    let bytes: ByteBuffer
}
