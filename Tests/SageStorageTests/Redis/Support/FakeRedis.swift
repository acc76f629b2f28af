import Foundation
import Glibc
import Synchronization

/// Ports on loopback.
enum LoopbackPort {
    /// A socket that listens on a free port.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && Glibc.listen(descriptor, 16) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard descriptor >= 0, isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
    }

    /// A port on which nobody listens.
    static func free() throws -> Int {
        let (descriptor, port) = try listen()
        close(descriptor)
        return port
    }
}

/// A server that answers the login as Redis does, and every later command with the same bytes.
final class FakeRedis: Sendable {
    /// What becomes of a command.
    enum Behaviour: Sendable {
        /// Nothing is answered.
        case silence
        /// These bytes.
        case answer([UInt8])
        /// These bytes, and then the connection is closed.
        case answerAndClose([UInt8])
        /// These bytes, and then others without an end.
        case endless(first: [UInt8], then: [UInt8])
    }

    let port: Int
    private let listener: Int32
    private let behaviour: Behaviour
    private let login: Behaviour
    private let connected = Atomic(0)
    private let received = Atomic(0)

    /// Starts listening.
    ///
    /// - Parameters:
    ///   - behaviour: What becomes of commands.
    ///   - login: What becomes of the first command; by default it succeeds.
    init(_ behaviour: Behaviour, login: Behaviour = .answer(Array("+OK\r\n".utf8))) throws {
        (listener, port) = try LoopbackPort.listen()
        self.behaviour = behaviour
        self.login = login
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else {
                    // Here and nowhere else: its number would be another server's before this thread has seen the end.
                    close(listener)
                    return
                }
                connected.add(1, ordering: .relaxed)
                Thread.detachNewThread { [self] in serve(connection) }
            }
        }
    }

    /// How many connections were made.
    var connections: Int { connected.load(ordering: .relaxed) }

    /// How many commands came after the logins.
    var commands: Int { received.load(ordering: .relaxed) }

    var url: String { "redis://127.0.0.1:\(port)" }

    /// Ends the server; connections that are open stay until their clients close them.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func serve(_ connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var isLogin = true
        while recv(connection, &buffer, buffer.count, 0) > 0 {
            if !isLogin { received.add(1, ordering: .relaxed) }
            let behaviour = isLogin ? login : behaviour
            isLogin = false
            switch behaviour {
            case .silence:
                continue
            case .answer(let bytes):
                guard send(bytes, connection) else { return }
            case .answerAndClose(let bytes):
                _ = send(bytes, connection)
                shutdown(connection, Int32(SHUT_RDWR))
                close(connection)
                return
            case .endless(let first, let then):
                guard send(first, connection) else { return }
                while send(then, connection) {}
            }
        }
        close(connection)
    }

    private func send(_ bytes: [UInt8], _ connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else {
                close(connection)
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
