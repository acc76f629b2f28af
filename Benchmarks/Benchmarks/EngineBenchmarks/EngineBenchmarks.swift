import Benchmark
import EngineCases

// Each benchmark is a thousand calls that cost nothing by themselves; the bare call is what to subtract.
let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .throughput], timeUnits: .microseconds, maxDuration: .seconds(1))

    for engineCase in EngineCase.all {
        Benchmark(engineCase.name) { benchmark in
            let run = try engineCase.prepare()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations { try await run(1_000) }
        }
    }
}
