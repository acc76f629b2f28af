#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A connected stream socket that never blocks: every step waits in `poll`, until a moment at the latest.
struct RedisSocket: ~Copyable {
    /// Why a step failed.
    enum Failure: Error {
        case hostUnknown(String, isPassing: Bool)
        case refused
        case unreachable(String)
        case lost(String)
        case timeout
    }

    /// What a socket is ready for.
    struct Readiness {
        var canRead: Bool
        var canWrite: Bool
    }

    let descriptor: Int32

    deinit {
        close(descriptor)
    }

    /// Connects to the first address of a host that takes the connection.
    ///
    /// Resolving a name cannot be interrupted; whoever waits for this thread does so with a deadline of its own.
    init(host: String, port: Int, until deadline: ContinuousClock.Instant) throws(Failure) {
        let addresses = try HostAddresses(host: host, port: port)
        var failure = Failure.hostUnknown("it has no address", isPassing: false)
        for (index, address) in addresses.all.enumerated() {
            // An address that swallows packets must leave time for the others.
            let share = (deadline - .now) / (addresses.all.count - index)
            guard share > .zero else { throw .unreachable("no answer in time") }
            do {
                descriptor = try Self.connect(address, until: .now + share)
                return
            } catch {
                failure = error
            }
        }
        throw failure
    }

    // MARK: Input and output

    /// Waits until the socket is ready.
    func wait(toWrite: Bool, until deadline: ContinuousClock.Instant) throws(Failure) -> Readiness {
        let events = Int16(POLLIN) | (toWrite ? Int16(POLLOUT) : 0)
        let ready = try Self.wait(descriptor, events, until: deadline)
        guard ready & Int16(POLLNVAL) == 0 else { throw .lost("the socket is closed") }
        let isBroken = ready & Int16(POLLHUP | POLLERR) != 0
        return Readiness(canRead: ready & Int16(POLLIN) != 0 || isBroken, canWrite: ready & Int16(POLLOUT) != 0)
    }

    /// Whether bytes, or the end of the connection, have arrived already.
    var hasArrivals: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) != 0
    }

    /// Sends what the system takes at once.
    ///
    /// - Returns: How many bytes it took; zero when it takes none at present.
    func send(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> Int {
        while true {
            let count = Self.sendWithoutSignal(descriptor, bytes)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return 0
            default: throw .lost(Self.reason(errno))
            }
        }
    }

    /// Takes what has arrived.
    ///
    /// - Returns: How many bytes; nil when there are none at present.
    /// - Throws: ``Failure/lost(_:)`` at the end of the connection, too.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> Int? {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return count }
            if count == 0 { throw .lost("the server closed it") }
            switch errno {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK: return nil
            default: throw .lost(Self.reason(errno))
            }
        }
    }

    // MARK: System calls

    private static func connect(
        _ address: HostAddresses.Address, until deadline: ContinuousClock.Instant
    ) throws(Failure) -> Int32 {
        let descriptor = socket(address.family, streamType, 0)
        guard descriptor >= 0 else { throw .unreachable(reason(errno)) }
        do throws(Failure) {
            try configure(descriptor)
            let result = address.bytes.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { address in
                    startConnecting(descriptor, address.baseAddress, socklen_t(bytes.count))
                }
            }
            if result != 0 {
                guard errno == EINPROGRESS || errno == EINTR else { throw failure(errno) }
                do throws(Failure) {
                    _ = try wait(descriptor, Int16(POLLOUT), until: deadline)
                } catch {
                    throw .unreachable("no answer in time")
                }
                var code: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0, code == 0 else {
                    throw failure(code)
                }
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func configure(_ descriptor: Int32) throws(Failure) {
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0,
            fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0
        else { throw .unreachable(reason(errno)) }
        var yes: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        // Both only make things better: small commands leave at once, dead peers are found some time.
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, size)
        #if canImport(Darwin)
        setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, size)
        #endif
    }

    private static func wait(
        _ descriptor: Int32, _ events: Int16, until deadline: ContinuousClock.Instant
    ) throws(Failure) -> Int16 {
        while true {
            let remaining = deadline - .now
            guard remaining > .zero else { throw .timeout }
            // Rounded up: to wake early would mean to wake again and again.
            let milliseconds = Int32(clamping: (remaining.attoseconds / 1_000_000_000_000_000) + 1)
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = poll(&entry, 1, milliseconds)
            if count > 0 { return entry.revents }
            if count < 0, errno != EINTR { throw .lost(reason(errno)) }
        }
    }

    private static func failure(_ code: Int32) -> Failure {
        switch code {
        case ECONNREFUSED: .refused
        default: .unreachable(reason(code))
        }
    }

    private static func reason(_ code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }

    #if canImport(Glibc)
    private static var streamType: Int32 { Int32(SOCK_STREAM.rawValue) }
    #else
    private static var streamType: Int32 { Int32(SOCK_STREAM) }
    #endif

    #if canImport(Darwin)
    private static func sendWithoutSignal(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
    }
    private static func startConnecting(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>?, _ length: socklen_t
    ) -> Int32 { Darwin.connect(descriptor, address, length) }
    #elseif canImport(Musl)
    private static func sendWithoutSignal(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        Musl.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
    private static func startConnecting(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>?, _ length: socklen_t
    ) -> Int32 { Musl.connect(descriptor, address, length) }
    #else
    private static func sendWithoutSignal(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
    }
    private static func startConnecting(
        _ descriptor: Int32, _ address: UnsafePointer<sockaddr>?, _ length: socklen_t
    ) -> Int32 { Glibc.connect(descriptor, address, length) }
    #endif
}
