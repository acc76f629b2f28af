import CoreMetrics
import SagePrometheus
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The metrics that every Prometheus client has of its own process; read when a page is made.
final class ProcessMetrics: Sendable {
    private let resident: any MeterHandler
    private let virtual: any MeterHandler
    private let openFiles: any MeterHandler
    private let maxFiles: any MeterHandler
    private let cpu: any FloatingPointCounterHandler
    /// The seconds that the counter has so far.
    private let counted = Mutex(0.0)

    init(_ backend: PrometheusMetrics) {
        resident = backend.makeMeter(label: "process_resident_memory_bytes", dimensions: [])
        virtual = backend.makeMeter(label: "process_virtual_memory_bytes", dimensions: [])
        openFiles = backend.makeMeter(label: "process_open_fds", dimensions: [])
        maxFiles = backend.makeMeter(label: "process_max_fds", dimensions: [])
        cpu = backend.makeFloatingPointCounter(label: "process_cpu_seconds_total", dimensions: [])
        let start = backend.makeMeter(label: "process_start_time_seconds", dimensions: [])
        start.set(Date.now.timeIntervalSince1970)
    }

    func sample() {
        if let seconds = Self.cpuSeconds {
            let new = counted.withLock { counted in
                defer { counted = max(counted, seconds) }
                return max(0, seconds - counted)
            }
            cpu.increment(by: new)
        }
        if let pages = Self.memoryPages {
            let pageSize = Double(getpagesize())
            virtual.set(Double(pages.virtual) * pageSize)
            resident.set(Double(pages.resident) * pageSize)
        }
        if let count = Self.openFileCount { openFiles.set(Int64(count)) }
        if let limit = Self.fileLimit { maxFiles.set(limit) }
    }

    private static var cpuSeconds: Double? {
        var usage = rusage()
        #if canImport(Glibc)
        let failed = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) != 0
        #else
        let failed = getrusage(RUSAGE_SELF, &usage) != 0
        #endif
        guard !failed else { return nil }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// Nil where there is no `/proc`.
    private static var memoryPages: (virtual: Int, resident: Int)? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let numbers = String(decoding: data, as: UTF8.self).split(separator: " ").prefix(2).compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    private static var openFileCount: Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
    }

    private static var fileLimit: Double? {
        var limit = rlimit()
        #if canImport(Glibc)
        let failed = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0
        #else
        let failed = getrlimit(RLIMIT_NOFILE, &limit) != 0
        #endif
        return failed ? nil : Double(limit.rlim_cur)
    }
}
