import SagePrometheus

/// Reads a page as the specifications of the two formats describe it, and refuses whatever they do not allow.
///
/// It shares nothing with what writes the page.
struct ReferenceParser {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    struct Family {
        var help: String?
        var type: String?
        var samples: [Sample] = []
    }

    struct Page {
        /// By the name in their descriptions.
        var families: [String: Family] = [:]

        func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
            families.values.lazy.flatMap(\.samples).first { $0.name == name && $0.labels == labels }?.value
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func parse(_ text: String, _ format: ExpositionFormat) throws -> Page {
        guard text.hasSuffix("\n") else { throw Failure(description: "the last line does not end") }
        // By bytes: a carriage return and a line feed are one Character.
        var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
            .map { String(decoding: $0, as: UTF8.self) }
        if format == .openMetrics {
            guard lines.popLast() == "# EOF" else { throw Failure(description: "no end") }
        }
        var page = Page()
        var current = ""
        for line in lines {
            if line.hasPrefix("# ") {
                let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
                guard words.count == 4 else { throw Failure(description: line) }
                let isNew = words[2] != current
                if isNew, page.families[words[2]] != nil { throw Failure(description: "twice: \(words[2])") }
                current = words[2]
                switch words[1] {
                case "HELP":
                    guard isNew else { throw Failure(description: "second help: \(line)") }
                    page.families[current] = Family(help: try unescaped(words[3], quotes: format == .openMetrics))
                case "TYPE":
                    guard page.families[current]?.type == nil, page.families[current]?.samples.isEmpty ?? true else {
                        throw Failure(description: "late type: \(line)")
                    }
                    page.families[current, default: Family()].type = words[3]
                case "UNIT":
                    guard format == .openMetrics, current.hasSuffix("_\(words[3])") else {
                        throw Failure(description: line)
                    }
                default: throw Failure(description: line)
                }
                continue
            }
            let sample = try Self.sample(line)
            guard let type = page.families[current]?.type else { throw Failure(description: "no type: \(line)") }
            let names =
                switch (type, format) {
                case ("counter", .prometheusText): [current]
                case ("counter", .openMetrics): ["\(current)_total"]
                case ("histogram", _): ["\(current)_bucket", "\(current)_sum", "\(current)_count"]
                default: [current]
                }
            guard names.contains(sample.name) else { throw Failure(description: "not of \(current): \(line)") }
            let isTwice = page.families[current]?.samples.contains {
                $0.name == sample.name && $0.labels == sample.labels
            }
            guard isTwice == false else { throw Failure(description: "twice: \(line)") }
            page.families[current]?.samples.append(sample)
        }
        for (name, family) in page.families {
            switch family.type {
            case "histogram": try check(name, family)
            case "counter":
                guard family.samples.allSatisfy({ $0.value >= 0 }) else {
                    throw Failure(description: "negative: \(name)")
                }
            default: break
            }
        }
        return page
    }

    static func number(_ text: String) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        // What else Swift would read, such as hexadecimal digits, is not what the formats have.
        case _ where text.allSatisfy({ "0123456789+-.e".contains($0) }): Double(text)
        default: nil
        }
    }

    /// Buckets rise, end with the one of everything, and agree with the count.
    private static func check(_ name: String, _ family: Family) throws {
        var series: [[String: String]: [(bound: Double, count: Double)]] = [:]
        for sample in family.samples where sample.name == "\(name)_bucket" {
            var labels = sample.labels
            guard let text = labels.removeValue(forKey: "le"), let bound = number(text) else {
                throw Failure(description: "no bound: \(sample)")
            }
            series[labels, default: []].append((bound, sample.value))
        }
        for (labels, buckets) in series {
            for (lower, upper) in zip(buckets, buckets.dropFirst()) {
                guard lower.bound < upper.bound, lower.count <= upper.count else {
                    throw Failure(description: "buckets of \(name) do not rise: \(buckets)")
                }
            }
            let count = family.samples.first { $0.name == "\(name)_count" && $0.labels == labels }
            guard let last = buckets.last, last.bound == .infinity, last.count == count?.value else {
                throw Failure(description: "count of \(name): \(buckets), \(String(describing: count))")
            }
        }
    }

    private static func sample(_ line: String) throws -> Sample {
        var rest = line.unicodeScalars[...]
        func failure() -> Failure { Failure(description: "not a sample: \(line)") }
        func name(colon: Bool) throws -> String {
            let name = rest.prefix { scalar in
                switch scalar {
                case "a"..."z", "A"..."Z", "_", "0"..."9": true
                default: colon && scalar == ":"
                }
            }
            guard let first = name.first, !("0"..."9").contains(first) else { throw failure() }
            rest = rest.dropFirst(name.count)
            return String(name)
        }
        func expect(_ scalar: Unicode.Scalar) throws {
            guard rest.popFirst() == scalar else { throw failure() }
        }
        let metric = try name(colon: true)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            rest.removeFirst()
            repeat {
                let label = try name(colon: false)
                try expect("=")
                try expect("\"")
                var value = String.UnicodeScalarView()
                while let scalar = rest.popFirst(), scalar != "\"" {
                    value.append(scalar)
                    if scalar == "\\", let escaped = rest.popFirst() { value.append(escaped) }
                }
                guard labels.updateValue(try unescaped(String(value), quotes: true), forKey: label) == nil else {
                    throw Failure(description: "label twice: \(line)")
                }
                if rest.first != "," { break }
                rest.removeFirst()
            } while true
            try expect("}")
        }
        try expect(" ")
        guard let value = number(String(rest)) else { throw failure() }
        return Sample(name: metric, labels: labels, value: value)
    }

    private static func unescaped(_ text: String, quotes: Bool) throws -> String {
        var result = String.UnicodeScalarView()
        var scalars = text.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            guard scalar == "\\" else {
                result.append(scalar)
                continue
            }
            switch scalars.popFirst() {
            case "\\": result.append("\\")
            case "n": result.append("\n")
            case "\"" where quotes: result.append("\"")
            default: throw Failure(description: "bad escape in \(text)")
            }
        }
        return String(result)
    }
}
