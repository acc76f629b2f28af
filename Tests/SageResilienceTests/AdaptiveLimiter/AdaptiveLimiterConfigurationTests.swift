import SageResilience
import Testing

struct AdaptiveLimiterConfigurationTests {
    @Test(arguments: [
        ("initialLimit", 0, 1, 10), ("initialLimit", 11, 1, 10), ("initialLimit", .min, 1, 10),
        ("minLimit", 5, 0, 10), ("minLimit", 5, 11, 10), ("maxLimit", 5, 1, 0), ("maxLimit", 5, 1, 30_001),
        ("maxLimit", 5, 1, .max), ("maxLimit", 5, 1, -1),
    ])
    func refusesLimitsOutOfRange(field: String, initial: Int, min: Int, max: Int) {
        let error = #expect(throws: ConfigurationError.self) {
            try AdaptiveLimiterConfiguration(initialLimit: initial, minLimit: min, maxLimit: max)
        }
        #expect(error?.field == field)
    }

    @Test(arguments: [0, 1, -0.5, 2, Double.nan, .infinity])
    func refusesBackoffRatiosOutOfRange(ratio: Double) {
        let aimd = #expect(throws: ConfigurationError.self) {
            try AdaptiveLimiterConfiguration(.aimd(backoffRatio: ratio))
        }
        #expect(aimd?.field == "backoffRatio")
        let gradient = #expect(throws: ConfigurationError.self) {
            try AdaptiveLimiterConfiguration.Gradient(backoffRatio: ratio)
        }
        #expect(gradient?.field == "backoffRatio")
    }

    @Test(
        arguments: [
            ("tolerance", 0.99, 0.2, 4, 600, 250), ("tolerance", .nan, 0.2, 4, 600, 250),
            ("tolerance", .infinity, 0.2, 4, 600, 250), ("smoothing", 1.5, 0, 4, 600, 250),
            ("smoothing", 1.5, 1.1, 4, 600, 250), ("queueSize", 1.5, 0.2, -1, 600, 250),
            ("queueSize", 1.5, 0.2, .max, 600, 250), ("longWindow", 1.5, 0.2, 4, 0, 250),
            ("relearnInterval", 1.5, 0.2, 4, 600, 0),
        ] as [(String, Double, Double, Int, Int, Int)])
    func refusesGradientsOutOfRange(
        field: String, tolerance: Double, smoothing: Double, queue: Int, long: Int, relearn: Int
    ) {
        let error = #expect(throws: ConfigurationError.self) {
            try AdaptiveLimiterConfiguration.Gradient(
                tolerance: tolerance, smoothing: smoothing, queueSize: queue, longWindow: long,
                relearnInterval: relearn)
        }
        #expect(error?.field == field)
    }

    @Test(
        arguments: [
            ("partitions[a]", ["a": 0]), ("partitions[b]", ["a": 0.5, "b": -1]), ("partitions[a]", ["a": .nan]),
            ("partitions[a]", ["a": 1.5]), ("partitions", ["a": 0.6, "b": 0.5]),
        ] as [(String, [String: Double])])
    func refusesImpossibleShares(field: String, partitions: [String: Double]) {
        let error = #expect(throws: ConfigurationError.self) {
            try AdaptiveLimiterConfiguration(partitions: partitions)
        }
        #expect(error?.field == field)
    }

    @Test func acceptsTheBounds() throws {
        let tenths = Dictionary(uniqueKeysWithValues: (0..<10).map { ("\($0)", 0.1) })
        let configuration = try AdaptiveLimiterConfiguration(
            initialLimit: 30_000, minLimit: 30_000, maxLimit: 30_000, window: 30_000, partitions: tenths)
        #expect(AdaptiveLimiter("limiter", configuration).limit == 30_000)
        #expect(throws: ConfigurationError.self) { try AdaptiveLimiterConfiguration(window: 0) }
        #expect(throws: ConfigurationError.self) { try AdaptiveLimiterConfiguration(window: 30_001) }
    }

    @Test(arguments: [AdaptiveLimiterConfiguration.default, try AdaptiveLimiterConfiguration()])
    func defaults(configuration: AdaptiveLimiterConfiguration) {
        #expect(configuration.algorithm == .aimd(backoffRatio: 0.9))
        #expect(configuration.initialLimit == 20)
        #expect(configuration.minLimit == 1)
        #expect(configuration.maxLimit == 200)
        #expect(configuration.window == nil)
        #expect(configuration.partitions.isEmpty)
    }

    @Test func aLimiterNeedsNoConfiguration() throws {
        #expect(AdaptiveLimiter("limiter").limit == 20)
        #expect(try ResilienceRegistry().adaptiveLimiter("limiter").limit == 20)
    }
}
