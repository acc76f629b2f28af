/// A text format that Prometheus reads.
///
/// The formats are described by Prometheus ("Exposition formats") and by the OpenMetrics specification.
public enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// The Prometheus text format, version 0.0.4, which everything reads.
    case prometheusText
    /// OpenMetrics 1.0, which has units and tells a whole page from a part of one by its last line.
    case openMetrics

    /// Chooses by the `Accept` header of a request.
    ///
    /// The format of the highest quality wins, OpenMetrics when both have the same. OpenMetrics must be asked for by
    /// its name; everything else, such as `*/*` or no header, gets the Prometheus text format.
    ///
    /// - Parameter accept: The header's value, several of them joined by commas; nil when there is none. What comes
    ///   after 4,096 bytes is not read.
    public init(accepting accept: String?) {
        var best = (openMetrics: 0.0, text: 0.0)
        for range in (accept ?? "").utf8.prefix(4096).split(separator: UInt8(ascii: ",")) {
            let parts = range.split(separator: UInt8(ascii: ";")).map { part in
                String(decoding: part, as: UTF8.self).lowercased().filter { $0 != " " && $0 != "\t" }
            }
            guard let type = parts.first else { continue }
            var version: String?
            var quality = 1.0
            for parameter in parts.dropFirst() {
                if parameter.hasPrefix("version=") { version = parameter.dropFirst(8).filter { $0 != "\"" } }
                if parameter.hasPrefix("q=") { quality = Double(parameter.dropFirst(2)) ?? 0 }
            }
            switch (type, version) {
            case ("application/openmetrics-text", nil), ("application/openmetrics-text", "1.0.0"):
                best.openMetrics = max(best.openMetrics, quality)
            case ("text/plain", nil), ("text/plain", "0.0.4"), ("text/*", _), ("*/*", _):
                best.text = max(best.text, quality)
            default: break
            }
        }
        self = best.openMetrics > 0 && best.openMetrics >= best.text ? .openMetrics : .prometheusText
    }

    /// What the `Content-Type` header of the answer must be.
    public var contentType: String {
        switch self {
        case .prometheusText: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }
}
