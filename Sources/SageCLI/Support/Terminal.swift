import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes to the standard streams, unbuffered, so that a program that reads them sees each line at once.
enum Terminal {
    /// The system's error by which the standard output could not take what was written, unless nobody reads it any more;
    /// 0 when it took everything.
    static var outputError: Int32 { lastOutputError.load(ordering: .relaxed) }

    private static let lastOutputError = Atomic<Int32>(0)

    /// Whether the standard output is a terminal.
    static var isTerminal: Bool { isatty(1) == 1 }

    /// Whether the standard input is a terminal.
    static var isInputTerminal: Bool { isatty(0) == 1 }

    /// The streams that can be written to.
    enum Stream: Int32 {
        case output = 1
        case error = 2
    }

    /// Writes text as it is.
    static func writeText(_ text: String, to stream: Stream = .output) {
        _ = write(text, to: stream.rawValue)
    }

    /// Writes a line to the standard output.
    ///
    /// - Returns: Whether anybody reads it.
    @discardableResult
    static func write(_ line: String) -> Bool {
        write(line + "\n", to: 1)
    }

    static func writeError(_ line: String) {
        _ = write(line + "\n", to: 2)
    }

    /// Reads the standard input to its end.
    ///
    /// - Throws: ``CommandFailure`` if it cannot be read or has more bytes than the limit.
    static func readInput(limit: Int) throws(CommandFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(0, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw CommandFailure(.failed, "the standard input cannot be read: system error \(errno)")
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                throw CommandFailure(.usage, "the standard input is larger than \(limit) bytes")
            }
        }
    }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var bytes = ArraySlice(text.utf8)
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                Glibc.write(descriptor, buffer.baseAddress, buffer.count)
                #elseif canImport(Musl)
                Musl.write(descriptor, buffer.baseAddress, buffer.count)
                #else
                Darwin.write(descriptor, buffer.baseAddress, buffer.count)
                #endif
            }
            if written > 0 {
                bytes = bytes.dropFirst(written)
            } else if errno != EINTR {
                let error = errno
                // Who closes a pipe has read enough; a full disk keeps something from who wants it.
                if descriptor == 1, error != EPIPE { lastOutputError.store(error, ordering: .relaxed) }
                return false
            }
        }
        return true
    }
}
