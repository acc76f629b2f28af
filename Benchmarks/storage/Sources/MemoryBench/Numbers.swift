import Foundation

/// Rows of numbers in single precision, as numpy writes them to a file.
struct Numbers: Sendable {
    let rows: [[Float]]

    init(file: String, dimension: Int) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let all = bytes.withUnsafeBytes { raw in
            (0..<(raw.count / 4)).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
        rows = stride(from: 0, to: all.count, by: dimension).map { Array(all[$0..<($0 + dimension)]) }
    }
}

/// The memory that this process has in use, in bytes.
func residentBytes() -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) * 1_024
}
