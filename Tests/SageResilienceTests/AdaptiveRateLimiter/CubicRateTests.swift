import Testing

@testable import SageResilience

struct CubicRateTests {
    @Test(
        "AWS SDKs: cubic success",
        arguments: [
            (5.0, 7.0), (6, 9.64893600966), (7, 10.000030849917364), (8, 10.453284520772092),
            (9, 13.408697022224185), (10, 21.26626835427364), (11, 36.425998516920465),
        ])
    func risesAfterAThrottling(seconds: Double, expected: Double) {
        let cubic = CubicRate(beta: 0.7, scale: 0.4, lastMaxRate: 10, lastThrottle: 5)
        #expect(abs(cubic.rate(at: seconds) - expected) < 1e-9)
    }

    @Test("AWS SDKs: cubic throttle")
    func fallsByAFactorEachTime() {
        var cubic = CubicRate(beta: 0.7, scale: 0.4, lastMaxRate: 10, lastThrottle: 5)
        for (seconds, isThrottled, expected) in [
            (5.0, false, 7.0), (6, false, 9.64893600966), (7, true, 6.754255206761999), (8, true, 4.727978644733399),
            (9, false, 6.606547753887045), (10, false, 6.763279816944947), (11, false, 7.598174833907107),
            (12, false, 11.511232804773524),
        ] {
            let rate = cubic.rate(at: seconds)
            let actual =
                isThrottled ? cubic.throttle(seconds == 7 ? 9.64893600966 : 6.754255206761999, at: seconds) : rate
            #expect(abs(actual - expected) < 1e-9)
        }
    }

    @Test(arguments: [1e-300, 1e-9, 0.3, 1, 1.999, 2, 7.5, 8, 27, 1e9, 1e300])
    func theCubeRootIsTheCubeRoot(value: Double) {
        let root = CubicRate.cubeRoot(value)
        #expect(abs(root * root * root / value - 1) < 1e-15 * 8)
    }

    @Test(arguments: [0, -1, -.infinity, .infinity, .nan, .leastNonzeroMagnitude] as [Double])
    func theCubeRootOfNothingIsZero(value: Double) {
        #expect(CubicRate.cubeRoot(value) == 0)
    }

    /// The table of the AWS SDKs' tests: a response each 0.2 s, measured and allowed rate after it.
    @Test("AWS SDKs: the rate of the bucket follows the answers")
    func followsTheAnswers() {
        let expected = [
            (0.0, 0.5), (0, 0.5), (4.8, 0.5), (4.8, 0.5), (4.16, 0.5), (4.16, 0.6912), (4.16, 1.0976), (5.632, 1.6384),
            (5.632, 2.3328), (4.3264, 3.02848), (4.3264, 3.486639), (4.3264, 3.821874), (5.66528, 4.053386),
            (5.66528, 4.200373), (4.333056, 4.282037), (4.333056, 2.997426), (4.333056, 3.452226),
        ]
        var machine = AdaptiveRateLimiter.StateMachine(.default, now: .zero)
        for (index, (measured, rate)) in expected.enumerated() {
            let response = index + 1
            let now = Moment(nanoseconds: Int64(response) * 200_000_000)
            _ = machine.record(isThrottled: response == 10 || response == 16, now: now)
            #expect(abs(machine.snapshot(name: "", now: now).measuredRate - measured) < 1e-6)
            #expect(abs(machine.bucket.rate - rate) < 1e-6)
            #expect(machine.isLimiting == (response >= 10), "only after the first throttling")
        }
    }

    @Test func noMomentTraps() {
        var machine = AdaptiveRateLimiter.StateMachine(.default, now: Moment(nanoseconds: .min))
        for nanoseconds in [Int64.max, .min, 0, -1, .max] {
            let now = Moment(nanoseconds: nanoseconds)
            _ = machine.record(isThrottled: true, now: now)
            _ = machine.record(isThrottled: false, now: now)
            _ = machine.admit(.init(nanoseconds: .max), now: now)
            #expect(machine.bucket.rate.isFinite)
            #expect(machine.bucket.rate >= 0.5)
            #expect(machine.bucket.tokens >= 0)
        }
    }
}
