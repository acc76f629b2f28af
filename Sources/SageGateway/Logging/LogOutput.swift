import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Collects lines of the log and writes many of them at once, off the threads that serve requests.
///
/// A line is written at most ``delay`` after it came, which is what a process that is killed may lose; ``flush()`` writes
/// at once. A reader that does not keep up slows nobody down: beyond ``limit`` bytes lines are dropped and counted, and
/// the next line that is written says how many.
package final class LogOutput: Sendable {
    /// How long a line may wait for others.
    static let delay = TimeAmount.milliseconds(50)
    /// How many bytes may wait.
    static let limit = 8 << 20

    private struct State {
        var bytes: [UInt8] = []
        var isScheduled = false
        var dropped = 0
    }

    private let state = Mutex(State())
    /// Keeps the writes of two flushes apart; holds the room of the last one, to be used again.
    private let writing = Mutex<[UInt8]>([])
    private let limit: Int
    private let delay: TimeAmount
    private let writeBytes: @Sendable (borrowing [UInt8]) -> Void

    /// Creates an output to a file descriptor.
    package convenience init(descriptor: Int32) {
        self.init { bytes in Self.write(bytes, to: descriptor) }
    }

    /// Creates an output with a way to write that may block.
    init(
        limit: Int = LogOutput.limit, delay: TimeAmount = LogOutput.delay,
        write: @escaping @Sendable (borrowing [UInt8]) -> Void
    ) {
        self.limit = limit
        self.delay = delay
        writeBytes = write
    }

    /// Takes one line, without its end.
    func add(_ line: [UInt8]) {
        let mustSchedule = state.withLock { state -> Bool in
            guard state.bytes.count + line.count < limit else {
                state.dropped += 1
                return false
            }
            state.bytes += line
            state.bytes.append(UInt8(ascii: "\n"))
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        guard mustSchedule else { return }
        let group = MultiThreadedEventLoopGroup.singleton
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? group.any()
        loop.scheduleTask(in: delay) {
            NIOThreadPool.singleton.submit { [self] _ in flush() }
        }
    }

    /// Writes everything that waits, and returns when it is written.
    package func flush() {
        writing.withLock { room in
            let dropped = state.withLock { state in
                swap(&state.bytes, &room)
                state.isScheduled = false
                defer { state.dropped = 0 }
                return state.dropped
            }
            if dropped > 0 { room += Array("\(dropped) lines of the log were dropped: its reader is too slow\n".utf8) }
            if !room.isEmpty { writeBytes(room) }
            // A burst must not hold its memory for ever.
            room.removeAll(keepingCapacity: room.capacity <= 1 << 18)
        }
    }

    private static func write(_ bytes: borrowing [UInt8], to descriptor: Int32) {
        var start = 0
        while start < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start)
                #elseif canImport(Musl)
                Musl.write(descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start)
                #else
                Darwin.write(descriptor, buffer.baseAddress.map { $0 + start }, buffer.count - start)
                #endif
            }
            if written > 0 {
                start += written
            } else if errno != EINTR {
                // Nobody reads the log; there is nothing better to do with it.
                return
            }
        }
    }
}
