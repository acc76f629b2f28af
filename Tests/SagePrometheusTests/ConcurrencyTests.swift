import Metrics
import SagePrometheus
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ConcurrencyTests {
    @Test func nothingIsLostWhileSeriesComeAndGo() async throws {
        let metrics = PrometheusMetrics()
        let writers = 8
        let times = 2_000
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let counter = Counter(label: "c", factory: metrics)
                    let floating = FloatingPointCounter(label: "f", factory: metrics)
                    let meter = Meter(label: "m", factory: metrics)
                    let timer = Timer(label: "t", factory: metrics)
                    for time in 0..<times {
                        counter.increment()
                        floating.increment(by: 0.5)
                        meter.increment(by: 1)
                        timer.recordMilliseconds(Int64(time % 3))
                        Counter(label: "made", dimensions: [("n", "\(time % 50)")], factory: metrics).increment()
                        let passing = Meter(label: "passing", dimensions: [("w", "\(writer)")], factory: metrics)
                        passing.destroy()
                    }
                }
            }
            // Pages are read meanwhile; each must be whole, and no histogram may contradict itself.
            group.addTask {
                for _ in 0..<50 {
                    let page = try? ReferenceParser.parse(metrics.render(.openMetrics).text, .openMetrics)
                    #expect(page != nil)
                }
            }
        }
        let page = try ReferenceParser.parse(metrics.render().text, .prometheusText)
        let all = Double(writers * times)
        #expect(page.value("c_total") == all)
        #expect(page.value("f_total") == all / 2)
        #expect(page.value("m") == all)
        #expect(page.value("t_seconds_count") == all)
        #expect(page.families["made_total"]?.samples.map(\.value).reduce(0, +) == all)
        #expect(page.families["passing"] == nil)
        let sum = (0..<times).reduce(0) { $0 + $1 % 3 } * writers
        #expect(abs((page.value("t_seconds_sum") ?? 0) - Double(sum) / 1_000) < 1e-6)
    }

    @Test func noWriteIsLostInATightLoop() async throws {
        let metrics = PrometheusMetrics()
        let writers = 4
        let times = 300_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<writers {
                group.addTask {
                    let whole = metrics.makeCounter(label: "whole", dimensions: [])
                    let half = metrics.makeFloatingPointCounter(label: "half", dimensions: [])
                    let level = metrics.makeMeter(label: "level", dimensions: [])
                    let sizes = metrics.makeRecorder(label: "sizes", dimensions: [], aggregate: true)
                    for _ in 0..<times { whole.increment(by: 1) }
                    for _ in 0..<times { half.increment(by: 0.5) }
                    for _ in 0..<times { level.decrement(by: 1) }
                    for _ in 0..<times { sizes.record(Int64(3)) }
                }
            }
        }
        let page = try ReferenceParser.parse(metrics.render().text, .prometheusText)
        let all = Double(writers * times)
        #expect(page.value("whole_total") == all)
        #expect(page.value("half_total") == all / 2)
        #expect(page.value("level") == -all)
        #expect(page.value("sizes_sum") == 3 * all)
        #expect(page.value("sizes_bucket", ["le": "3.0"]) == all)
        #expect(page.value("sizes_bucket", ["le": "2.0"]) == 0)
    }
}
