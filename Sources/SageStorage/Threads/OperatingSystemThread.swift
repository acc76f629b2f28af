#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Threads of the operating system.
enum OperatingSystemThread {
    /// Starts a thread that nobody waits for.
    ///
    /// - Parameters:
    ///   - name: Its name, cut to 15 bytes.
    ///   - run: What it does.
    /// - Returns: Zero, or the number of the error.
    static func start(_ name: String, _ run: @escaping @Sendable () -> Void) -> Int32 {
        let body = Unmanaged.passRetained(ThreadBody(name, run))
        let failure = detach(body.toOpaque())
        if failure != 0 { body.release() }
        return failure
    }

    private static func detach(_ argument: UnsafeMutableRawPointer) -> Int32 {
        #if canImport(Darwin)
        var thread: pthread_t?
        #else
        var thread = pthread_t()
        #endif
        let failure = pthread_create(&thread, nil, runThreadBody, argument)
        guard failure == 0 else { return failure }
        #if canImport(Darwin)
        if let thread { pthread_detach(thread) }
        #else
        pthread_detach(thread)
        #endif
        return 0
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(_ name: String, _ run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

#if canImport(Darwin)
private func runThreadBody(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    runThreadBody(of: argument)
    return nil
}
#else
private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { runThreadBody(of: argument) }
    return nil
}
#endif

private func runThreadBody(of argument: UnsafeMutableRawPointer) {
    // Signals are for the threads that expect them.
    var signals = sigset_t()
    sigfillset(&signals)
    pthread_sigmask(SIG_SETMASK, &signals, nil)
    let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
    renameThread(to: body.name)
    body.run()
}

private func renameThread(to name: String) {
    #if canImport(Darwin)
    pthread_setname_np(name)
    #else
    // The C library hides its function for this from programs that keep to the standard; this is what it does.
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    let bytes = Array(name.utf8.prefix(15))
    _ = write(file, bytes, bytes.count)
    close(file)
    #endif
}
