import Metrics
import SagePrometheus
import Testing

/// Fills a backend at random, and reads back from the page what was written.
struct RoundTripTests {
    static let pieces = [
        "a", "B", "0", "_", ".", " ", "-", ":", "\\", "\"", "\n", "\r", "\t", ",", "{", "}", "=", "#", "ä", "é", "🧂",
        "\u{0}", "\u{7F}", "\\n", "le",
    ]

    static func text(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
    }

    @Test(arguments: 0..<60 as Range<UInt64>, ExpositionFormat.allCases)
    func everythingIsReadBack(_ seed: UInt64, _ format: ExpositionFormat) throws {
        var random = SeededGenerator(seed: seed)
        let metrics = PrometheusMetrics()
        var expected: [(name: String, labels: [String: String], value: Double)] = []
        var helps: [String: String] = [:]
        for family in 0..<Int.random(in: 1...6, using: &random) {
            // A number keeps the names of families apart; what is between is for the rules of names.
            let label = "f\(family).\(Self.text(&random)).end"
            let legal = String(
                label.unicodeScalars.map { scalar in
                    scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == ":")
                        ? Character(scalar) : "_"
                })
            let kind = Int.random(in: 0..<4, using: &random)
            var seen: Set<[UInt8]> = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let value = Self.text(&random)
                guard seen.insert(Array(value.utf8)).inserted else { continue }
                let labels = ["label": value, "other": "x"]
                let dimensions = labels.map { ($0.key, $0.value) }
                let amount = Double(Int64.random(in: 0...1_000_000, using: &random)) / 16
                switch kind {
                case 0:
                    Counter(label: label, dimensions: dimensions, factory: metrics).increment(by: Int64(amount))
                    expected.append(("\(legal)_total", labels, amount.rounded(.down)))
                    helps[format == .openMetrics ? legal : "\(legal)_total"] = "The counter \(label)."
                case 1:
                    Meter(label: label, dimensions: dimensions, factory: metrics).set(-amount)
                    expected.append((legal, labels, -amount))
                    helps[legal] = "The gauge \(label)."
                case 2:
                    Recorder(label: label, dimensions: dimensions, factory: metrics).record(amount)
                    expected.append(("\(legal)_sum", labels, amount))
                    expected.append(("\(legal)_count", labels, 1))
                    for bound in HistogramBuckets.counts.upperBounds {
                        let labels = labels.merging(["le": "\(bound)"]) { one, _ in one }
                        expected.append(("\(legal)_bucket", labels, amount <= bound ? 1 : 0))
                    }
                    helps[legal] = "The histogram \(label)."
                default:
                    Timer(label: label, dimensions: dimensions, factory: metrics).recordMilliseconds(Int64(amount))
                    expected.append(("\(legal)_seconds_sum", labels, amount.rounded(.down) / 1_000))
                    expected.append(("\(legal)_seconds_bucket", labels.merging(["le": "+Inf"]) { one, _ in one }, 1))
                    helps["\(legal)_seconds"] = "The histogram \(label)."
                }
            }
        }
        let page = try ReferenceParser.parse(metrics.render(format).text, format)
        for sample in expected {
            let read = page.value(sample.name, sample.labels)
            #expect(read == sample.value, "\(sample.name) \(sample.labels)")
        }
        for (name, help) in helps {
            let read = try #require(page.families[name]?.help, "\(name)")
            #expect(read.utf8.elementsEqual(help.utf8))
        }
        #expect(page.value("sage_metrics_left_out_families") == 0)
    }

    @Test func thePageIsTheSameInWhateverOrderItWasFilled() {
        let fills: [@Sendable (PrometheusMetrics) -> Void] = (0..<40).map { number in
            { metrics in
                Counter(label: "c\(number % 7)", dimensions: [("n", "\(number)")], factory: metrics).increment()
            }
        }
        let first = PrometheusMetrics()
        for fill in fills { fill(first) }
        var random = SeededGenerator(seed: 9)
        for _ in 0..<5 {
            let other = PrometheusMetrics()
            for fill in fills.shuffled(using: &random) { fill(other) }
            #expect(other.render() == first.render())
        }
    }
}
