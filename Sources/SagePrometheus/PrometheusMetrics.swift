public import CoreMetrics
import Synchronization

/// A backend of swift-metrics that writes the text that Prometheus reads.
///
/// ```swift
/// let prometheus = PrometheusMetrics()
/// MetricsSystem.bootstrap(prometheus)
///
/// Counter(label: "orders", dimensions: [("kind", "book")]).increment()
/// print(prometheus.render().text)  // orders_total{kind="book"} 1
/// ```
///
/// Counters become counters whose samples end with `_total`. Meters, gauges and recorders that do not aggregate become
/// gauges. Timers, and recorders that aggregate, become histograms; those of timers are in seconds and end with
/// `_seconds`. The article <doc:NamesAndLimits> tells how names and labels are made legal, and what is refused.
///
/// Thread-safe. A program keeps its counters and timers: writing to one is one or two atomic operations, without a lock
/// and without an allocation, whereas making one looks it up under a lock.
public final class PrometheusMetrics: MetricsFactory {
    let configuration: PrometheusConfiguration
    let refusedValues = RefusedValues()
    private let table: Mutex<FamilyTable>
    private let hooks = Mutex<[String: @Sendable () -> Void]>([:])
    private let refusedSeries: RefusedSeries

    /// Creates a backend with the default configuration and without any series.
    public convenience init() {
        self.init(valid: PrometheusConfiguration())
    }

    /// Creates a backend without any series.
    ///
    /// - Parameter configuration: The limits, buckets and descriptions.
    /// - Throws: ``PrometheusConfigurationError`` when a limit is out of range.
    public convenience init(_ configuration: PrometheusConfiguration) throws(PrometheusConfigurationError) {
        try configuration.validate()
        self.init(valid: configuration)
    }

    private init(valid configuration: PrometheusConfiguration) {
        self.configuration = configuration
        table = Mutex(FamilyTable(configuration))
        refusedSeries = RefusedSeries(refused: refusedValues)
    }

    // MARK: Constants and hooks

    /// Sets a gauge to 1 whose labels say what there is to say, such as a version.
    ///
    /// ```swift
    /// prometheus.setInfo("sage_build_info", ["version": "1.4.0", "swift": "6.3"])
    /// ```
    ///
    /// - Parameters:
    ///   - name: The name, which by convention ends with `_info`.
    ///   - labels: What it says, by name.
    public func setInfo(_ name: String, _ labels: [String: String]) {
        let labels = labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        makeMeter(label: name, dimensions: labels).set(Int64(1))
    }

    /// Calls a function before each page is rendered, so that it can set gauges to what is the case just then.
    ///
    /// It is called on the thread that renders and must come back soon; when two pages are rendered at once, it is
    /// called twice at once.
    ///
    /// - Parameters:
    ///   - name: The name of the hook; one that has the same name already is replaced.
    ///   - hook: The function.
    public func onScrape(_ name: String, _ hook: @escaping @Sendable () -> Void) {
        hooks.withLock { $0[name] = hook }
    }

    /// Removes a hook; a page that is being rendered may still call it.
    ///
    /// - Parameter name: The name of the hook.
    /// - Returns: Whether there was one.
    @discardableResult
    public func removeHook(_ name: String) -> Bool {
        hooks.withLock { $0.removeValue(forKey: name) } != nil
    }

    /// In the order of their names, and outside of the lock, because they make and write series.
    func callHooks() {
        let hooks = hooks.withLock { $0 }
        for (_, hook) in hooks.sorted(by: { $0.key < $1.key }) { hook() }
    }

    var families: FamilyTable { table.withLock { $0 } }

    // MARK: Making

    /// Makes or finds a counter.
    ///
    /// - Parameters:
    ///   - label: The name; `_total` is added unless it ends so.
    ///   - dimensions: The labels.
    /// - Returns: The series; one that only counts what is lost when the series was refused.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label, dimensions) ?? refusedSeries
    }

    /// Makes or finds a counter, the same as ``makeCounter(label:dimensions:)`` does.
    ///
    /// - Parameters:
    ///   - label: The name; `_total` is added unless it ends so.
    ///   - dimensions: The labels.
    /// - Returns: The series; one that only counts what is lost when the series was refused.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        counter(label, dimensions) ?? refusedSeries
    }

    /// Makes or finds a gauge.
    ///
    /// - Parameters:
    ///   - label: The name.
    ///   - dimensions: The labels.
    /// - Returns: The series; one that only counts what is lost when the series was refused.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? refusedSeries
    }

    /// Makes or finds a histogram, or a gauge.
    ///
    /// - Parameters:
    ///   - label: The name.
    ///   - dimensions: The labels.
    ///   - aggregate: Whether it is a histogram.
    /// - Returns: The series; one that only counts what is lost when the series was refused.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate { return histogram(MetricName.sanitized(label), label, dimensions) ?? refusedSeries }
        return gauge(label, dimensions) ?? refusedSeries
    }

    /// Makes or finds a histogram of seconds.
    ///
    /// - Parameters:
    ///   - label: The name; another unit of time at its end is replaced by `_seconds`, which is added if there is none.
    ///   - dimensions: The labels.
    /// - Returns: The series; one that only counts what is lost when the series was refused.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(MetricName.timer(label), label, dimensions) ?? refusedSeries
    }

    // MARK: Destroying

    /// Takes a series off the page; what is still written to it is lost.
    ///
    /// - Parameter handler: What ``makeCounter(label:dimensions:)`` returned.
    public func destroyCounter(_ handler: any CounterHandler) { destroy(handler) }

    /// Takes a series off the page; what is still written to it is lost.
    ///
    /// - Parameter handler: What ``makeFloatingPointCounter(label:dimensions:)`` returned.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { destroy(handler) }

    /// Takes a series off the page; what is still written to it is lost.
    ///
    /// - Parameter handler: What ``makeMeter(label:dimensions:)`` returned.
    public func destroyMeter(_ handler: any MeterHandler) { destroy(handler) }

    /// Takes a series off the page; what is still written to it is lost.
    ///
    /// - Parameter handler: What ``makeRecorder(label:dimensions:aggregate:)`` returned.
    public func destroyRecorder(_ handler: any RecorderHandler) { destroy(handler) }

    /// Takes a series off the page; what is still written to it is lost.
    ///
    /// - Parameter handler: What ``makeTimer(label:dimensions:)`` returned.
    public func destroyTimer(_ handler: any TimerHandler) { destroy(handler) }

    private func destroy(_ handler: AnyObject) {
        switch handler {
        case let series as CounterSeries: table.withLock { $0.remove(.counter(series)) }
        case let series as GaugeSeries: table.withLock { $0.remove(.gauge(series)) }
        case let series as HistogramSeries: table.withLock { $0.remove(.histogram(series)) }
        default: break
        }
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries? {
        let name = MetricName.counter(label)
        let labels = labels(dimensions)
        let series = table.withLock { table in
            table.series(name, .counter, label: label, labels: labels) { _ in
                .counter(CounterSeries(family: name, labels: labels, refused: refusedValues))
            }
        }
        guard case .counter(let counter) = series else { return nil }
        return counter
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries? {
        let name = MetricName.sanitized(label)
        let labels = labels(dimensions)
        let series = table.withLock { table in
            table.series(name, .gauge, label: label, labels: labels) { _ in
                .gauge(GaugeSeries(family: name, labels: labels))
            }
        }
        guard case .gauge(let gauge) = series else { return nil }
        return gauge
    }

    private func histogram(
        _ name: String, _ label: String, _ dimensions: [(String, String)]
    ) -> HistogramSeries? {
        let labels = labels(dimensions)
        let series = table.withLock { table in
            table.series(name, .histogram, label: label, labels: labels) { buckets in
                .histogram(
                    HistogramSeries(family: name, labels: labels, buckets: buckets, refused: refusedValues))
            }
        }
        guard case .histogram(let histogram) = series else { return nil }
        return histogram
    }

    private func labels(_ dimensions: [(String, String)]) -> LabelSet {
        LabelSet(dimensions, maxValueLength: configuration.maxLabelValueLength)
    }
}
