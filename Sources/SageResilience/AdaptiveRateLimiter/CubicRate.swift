/// The rate that CUBIC (RFC 9438) gives after a throttling, in the form of the AWS SDKs: it falls by a factor, rises
/// fast again, lingers near the rate that was too high, and then probes beyond it ever faster.
struct CubicRate: Sendable {
    let beta: Double
    let scale: Double
    /// The rate that was too high, in calls a second.
    private(set) var lastMaxRate: Double
    /// When it was, in seconds.
    private(set) var lastThrottle: Double
    /// How long after it the rate is back at what it was, in seconds.
    private(set) var timeWindow: Double

    /// - Parameters:
    ///   - beta: The factor by which the rate falls.
    ///   - scale: How steeply it rises.
    ///   - lastMaxRate: The rate that was too high. Defaults to 0, none.
    ///   - lastThrottle: When it was, in seconds.
    init(beta: Double, scale: Double, lastMaxRate: Double = 0, lastThrottle: Double) {
        self.beta = beta
        self.scale = scale
        self.lastMaxRate = lastMaxRate
        self.lastThrottle = lastThrottle
        self.timeWindow = Self.cubeRoot(lastMaxRate * (1 - beta) / scale)
    }

    /// The rate at a moment without a throttling since the last one: `C * (t - K)^3 + wMax`.
    func rate(at seconds: Double) -> Double {
        let distance = seconds - lastThrottle - timeWindow
        return scale * distance * distance * distance + lastMaxRate
    }

    /// Notes that a rate was too high.
    ///
    /// - Returns: The rate from now on.
    mutating func throttle(_ rate: Double, at seconds: Double) -> Double {
        self = CubicRate(beta: beta, scale: scale, lastMaxRate: rate, lastThrottle: seconds)
        return rate * beta
    }

    /// The cube root of a number above zero, else zero; the standard library has none.
    static func cubeRoot(_ value: Double) -> Double {
        guard value > 0, value.isFinite, value.isNormal else { return 0 }
        // value = mantissa * 8^third with a mantissa of 1 to 8, whose root lies between 1 and 2.
        let exponent = Int(value.exponent)
        let third = exponent >= 0 ? exponent / 3 : (exponent - 2) / 3
        let mantissa = Double(sign: .plus, exponent: exponent - 3 * third, significand: value.significand)
        var root = 1 + (mantissa - 1) / 7
        // Newton's method doubles the correct digits each time; the first guess is off by less than a quarter.
        for _ in 0..<6 { root = (2 * root + mantissa / (root * root)) / 3 }
        return Double(sign: .plus, exponent: third, significand: root)
    }
}

/// How many responses come back a second, smoothed, as the AWS SDKs measure it: by half seconds.
struct MeasuredRate: Sendable {
    /// The rate, in calls a second.
    private(set) var value = 0.0
    private let smoothing: Double
    private var lastBucket: Double
    private var count = 0.0

    /// - Parameters:
    ///   - smoothing: The share of the last measurement.
    ///   - seconds: The present.
    init(smoothing: Double, at seconds: Double) {
        self.smoothing = smoothing
        self.lastBucket = seconds.rounded(.down)
    }

    /// Counts one response.
    ///
    /// - Returns: The rate, which changes with the first response of each half second.
    mutating func record(at seconds: Double) -> Double {
        count += 1
        let bucket = (seconds * 2).rounded(.down) / 2
        guard bucket > lastBucket else { return value }
        value = count / (bucket - lastBucket) * smoothing + value * (1 - smoothing)
        count = 0
        lastBucket = bucket
        return value
    }
}

/// A bucket of tokens whose rate may change; it never holds less than nothing.
struct AdaptiveBucket: Sendable {
    /// Tokens that come back a second.
    private(set) var rate: Double
    /// Tokens that are there now.
    private(set) var tokens = 0.0
    private let minimumRate: Double
    private var capacity: Double
    private var latest: Moment

    init(minimumRate: Double, now: Moment) {
        self.rate = minimumRate
        self.minimumRate = minimumRate
        self.capacity = max(1, minimumRate)
        self.latest = now
    }

    mutating func refill(now: Moment) {
        tokens = min(capacity, tokens + Double(now.elapsed(since: latest)) / 1e9 * rate)
        latest = max(latest, now)
    }

    /// Changes the rate; a second's worth of it, but one token at least, is the most that the bucket holds.
    mutating func change(rate newRate: Double, now: Moment) {
        refill(now: now)
        rate = max(minimumRate, newRate)
        capacity = max(1, newRate)
        tokens = min(tokens, capacity)
    }

    /// Takes one token if it is there.
    mutating func take() -> Bool {
        // What a wait of whole nanoseconds brings back may be a rounding error short of one.
        guard tokens >= 1 - 1e-9 else { return false }
        tokens = max(0, tokens - 1)
        return true
    }

    /// Gives back one token that was taken and not used.
    mutating func giveBack(now: Moment) {
        refill(now: now)
        tokens = min(capacity, tokens + 1)
    }

    /// The nanoseconds until the token of the call at this place is there, places counted from 1; zero only if
    /// ``take()`` would succeed as often.
    func wait(forPlace place: Int) -> Int64 {
        let missing = Double(place) - tokens
        guard missing > 1e-9 else { return 0 }
        return max(1, Int64(saturating: (missing / rate * 1e9).rounded(.up)))
    }
}
