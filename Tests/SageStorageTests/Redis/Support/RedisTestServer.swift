import Foundation
import Glibc
import Synchronization

/// A Redis server of one test, which the test may kill.
final class RedisTestServer: Sendable {
    static let program = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    let port: Int
    private let options: [String]
    private let process = Mutex<Process?>(nil)

    /// Starts a server on a free port.
    init(options: [String] = []) async throws {
        port = try LoopbackPort.free()
        self.options = options
        try await start()
    }

    deinit {
        kill()
    }

    var url: String { "redis://127.0.0.1:\(port)" }

    /// Starts the server, empty, and returns when it is ready.
    func start() async throws {
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program ?? "")
        process.arguments =
            ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"]
            + options
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var text = ""
                while !text.contains("Ready to accept connections") {
                    let data = output.fileHandleForReading.availableData
                    if data.isEmpty { break }
                    text += String(decoding: data, as: UTF8.self)
                }
                continuation.resume()
                while !output.fileHandleForReading.availableData.isEmpty {}
            }
        }
    }

    /// Ends the server at once.
    func kill() {
        guard let process = process.withLock({ $0 }), process.isRunning else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Stops the server from running on; its connections stay.
    func pause() { signal(SIGSTOP) }

    /// Lets the server run on.
    func resume() { signal(SIGCONT) }

    private func signal(_ number: Int32) {
        if let process = process.withLock({ $0 }) { Glibc.kill(process.processIdentifier, number) }
    }
}
