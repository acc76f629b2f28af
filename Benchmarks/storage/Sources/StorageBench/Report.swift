import Glibc

/// What was measured, line by line.
struct Report: Sendable {
    /// One line: ours, what it is compared with, and their ratio round by round.
    struct Line: Sendable {
        var name: String
        var unit: String
        var ours: [Double]
        /// In the same rounds; empty for what is compared with nothing.
        var plain: [Double] = []
        /// What `plain` is.
        var comparison = ""

        /// Ours over plain, round by round.
        var ratios: [Double] { zip(ours, plain).map { $1 == 0 ? 0 : $0 / $1 } }
    }

    var title: String
    var lines: [Line] = []

    var table: String {
        var text = "\(title); medians of \(lines.map(\.ours.count).max() ?? 0) rounds, \(Machine.description)\n\n"
        text += "| what | Sage | plain | ratio | plain is |\n| --- | ---: | ---: | ---: | --- |\n"
        for line in lines {
            let plain = line.plain.isEmpty ? "" : line.plain.median.shown
            let ratio = line.plain.isEmpty ? "" : line.ratios.median.shown
            text +=
                "| \(line.name), \(line.unit) | \(line.ours.median.shown) | \(plain) | \(ratio) | \(line.comparison) |\n"
        }
        return text
    }

    var json: String {
        let lines = lines.map { line in
            """
            {"name": "\(line.name)", "unit": "\(line.unit)", "sage": \(line.ours.json), "plain": \(line.plain.json), \
            "plain_is": "\(line.comparison)"}
            """
        }
        return "{\"title\": \"\(title)\", \"machine\": \"\(Machine.description)\", \"lines\": [\n"
            + lines.joined(separator: ",\n") + "\n]}"
    }
}

extension [Double] {
    var median: Double { isEmpty ? 0 : sorted()[count / 2] }
    fileprivate var json: String { "[" + map(\.shown).joined(separator: ", ") + "]" }
}

extension Double {
    /// Three digits or the whole part, whichever is more.
    var shown: String {
        let digits = self >= 100 ? 0 : self >= 10 ? 1 : self >= 1 ? 2 : 3
        let factor = [1.0, 10, 100, 1_000][digits]
        let whole = Int((self * factor).rounded())
        guard digits > 0 else { return "\(whole)" }
        let rest = "\(abs(whole) % Int(factor))"
        return "\(whole / Int(factor))." + String(repeating: "0", count: digits - rest.count) + rest
    }
}

enum Machine {
    /// Processors, and what else they were doing.
    static var description: String {
        var loads = [0.0, 0, 0]
        getloadavg(&loads, 3)
        return "\(sysconf(Int32(_SC_NPROCESSORS_ONLN))) processors, load \(loads.map(\.shown).joined(separator: " "))"
    }

    /// The time that this process has computed, in the system as well.
    static var processorSeconds: Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    /// The bytes in memory of this process.
    static var residentBytes: Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self).split(
            separator: " ")
        return words.count > 1 ? (Double(words[1]) ?? 0) * Double(sysconf(Int32(_SC_PAGESIZE))) : 0
    }
}

/// How many seconds something takes.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return start.duration(to: .now) / .seconds(1)
}

/// What something takes: seconds, and those that the process computed meanwhile, which a busy machine does not change.
func cost(_ body: () async throws -> Void) async rethrows -> (seconds: Double, processor: Double) {
    let before = Machine.processorSeconds
    let seconds = try await seconds(body)
    return (seconds, Machine.processorSeconds - before)
}
