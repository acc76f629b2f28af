import Synchronization

/// Makes the ids by which a request is found again in logs and reports.
enum RequestIdentifier {
    private static let counter = Atomic<UInt64>(0)
    /// Tells processes apart.
    private static let process = UInt32.random(in: .min ... .max)

    static func next() -> String {
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        let prefix = String(process, radix: 16)
        let suffix = String(number, radix: 16)
        return "req_" + String(repeating: "0", count: 8 - prefix.count) + prefix
            + String(repeating: "0", count: max(0, 8 - suffix.count)) + suffix
    }
}
