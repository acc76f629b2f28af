import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Wakes a thread that waits for a socket.
///
/// One thread waits, any thread wakes it. A wake-up that arrives while the thread does not wait ends its next wait at
/// once, so none is lost; several count as one. Descriptors are closed with the last reference.
package final class WakePipe: Sendable {
    /// What ended a wait.
    package struct Outcome: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Somebody called ``WakePipe/wake()``.
        package static let woken = Outcome(rawValue: 1)
        /// The socket has something to read, or has failed.
        package static let readable = Outcome(rawValue: 2)
        /// The socket takes something to write, or has failed.
        package static let writable = Outcome(rawValue: 4)
    }

    private let readEnd: Int32
    private let writeEnd: Int32
    private let isPending = Atomic(false)

    /// Creates a pipe.
    ///
    /// - Throws: ``StorageError`` when the process has no descriptor left.
    package init(store: String) throws(StorageError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw StorageError(
                .other, store: store, "no descriptor is left for a connection",
                remedy: "Raise the limit of open files (ulimit -n)", code: "errno \(errno)", isNotDone: true)
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        self.readEnd = ends[0]
        self.writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the present or the next wait; from any thread.
    package func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        // The pipe is empty: whoever empties it allows the next byte afterwards.
        while write(writeEnd, &byte, 1) < 0, errno == EINTR {}
    }

    /// Waits until somebody wakes the thread, the socket is ready or the time has passed.
    ///
    /// May also end for none of these reasons, with an empty outcome.
    ///
    /// - Parameters:
    ///   - descriptor: The socket; nil waits for wake-ups alone.
    ///   - read: Whether to wait until there is something to read. Defaults to true.
    ///   - write: Whether to wait until something can be written. Defaults to false.
    ///   - nanoseconds: The longest wait; nil waits for ever. Rounded up to a millisecond.
    package func wait(
        for descriptor: Int32? = nil, read: Bool = true, write: Bool = false, nanoseconds: Int64? = nil
    ) -> Outcome {
        let events = Int16(truncatingIfNeeded: (read ? POLLIN : 0) | (write ? POLLOUT : 0))
        // A negative descriptor is passed over.
        var watched = (
            pollfd(fd: readEnd, events: Int16(truncatingIfNeeded: POLLIN), revents: 0),
            pollfd(fd: descriptor ?? -1, events: events, revents: 0)
        )
        let ready = withUnsafeMutablePointer(to: &watched) { pair in
            pair.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, Self.milliseconds(nanoseconds)) }
        }
        guard ready > 0 else { return [] }
        var outcome: Outcome = []
        if watched.0.revents != 0 {
            outcome.insert(.woken)
            drain()
        }
        // A failed socket is both: the attempt to use it says how it failed.
        let failed = Int32(watched.1.revents) & (POLLERR | POLLHUP | POLLNVAL) != 0
        if failed || Int32(watched.1.revents) & POLLIN != 0 { outcome.insert(.readable) }
        if failed || Int32(watched.1.revents) & POLLOUT != 0 { outcome.insert(.writable) }
        return outcome
    }

    private func drain() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while withUnsafeMutableBytes(of: &bytes, { read(readEnd, $0.baseAddress, $0.count) }) > 0 {}
        // After the pipe is empty and before the waker's reason is looked at: a wake-up in between is seen either by
        // this look or by the next wait.
        isPending.store(false, ordering: .sequentiallyConsistent)
    }

    private static func milliseconds(_ nanoseconds: Int64?) -> Int32 {
        guard let nanoseconds else { return -1 }
        guard nanoseconds > 0 else { return 0 }
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return Int32(clamping: whole + (rest > 0 ? 1 : 0))
    }
}
