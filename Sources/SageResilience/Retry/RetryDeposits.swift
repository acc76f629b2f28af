import Synchronization

/// Finagle's retry budget: what calls have deposited and retries have withdrawn within the last while.
///
/// Time is cut into ten slices. Each slice holds what was deposited less what was withdrawn in it, in one word with its
/// number; `balance` is the sum of all words and of the reserve. Whoever changes a word adds the difference to the
/// balance, so that the two agree whenever nobody is at work, and a retry is allowed by the balance alone.
final class RetryDeposits: Sendable {
    /// What one retry costs.
    static let unit: Int64 = 10_000
    private static let sliceCount: Int64 = 10

    /// The net deposit of a slice and the slice's number, in one word.
    ///
    /// The number is cut to 28 bits: a slice of 0.1 s, the shortest, has to lie idle for 310 days to be mistaken.
    struct Entry {
        private static let amountBits: Int64 = 36
        private static let numberMask: Int64 = 1 << 28 - 1
        private static let most: Int64 = 1 << 35 - 1

        let word: Int64

        init(word: Int64) {
            self.word = word
        }

        init(number: Int64, amount: Int64) {
            let amount = min(max(amount, -Self.most), Self.most)
            word = (number & Self.numberMask) << Self.amountBits | amount & (1 << Self.amountBits - 1)
        }

        var amount: Int64 { (word << (64 - Self.amountBits)) >> (64 - Self.amountBits) }

        /// How many slices ago this one was; zero for one that is yet to come, which a clock that went back leaves.
        func age(at number: Int64) -> Int64 {
            let age = (number - word >> Self.amountBits) & Self.numberMask
            return age > Self.numberMask / 2 ? 0 : age
        }
    }

    private final class Slice: Sendable {
        let word = Atomic<Int64>(0)
    }

    /// A lot is complete when the number of calls has none of these bits.
    let lotMask: Int
    private let lot: Int64
    private let reserve: Int64
    private let sliceLength: Int64
    private let timeline: Timeline
    private let slices: [Slice]
    private let balance: Atomic<Int64>

    /// - Parameters:
    ///   - ratio: What a call deposits, in retries.
    ///   - timeToLive: How long a deposit lives, in nanoseconds.
    ///   - minRetriesPerSecond: The retries that are allowed without a deposit.
    ///   - timeline: By which deposits age.
    init(ratio: Double, timeToLive: Int64, minRetriesPerSecond: Int, timeline: Timeline) {
        // The largest power of two of calls that deposit no more than one retry together.
        var callsPerLot = 1
        while callsPerLot < 1_024, ratio * Double(callsPerLot * 2) <= 1 { callsPerLot *= 2 }
        lotMask = callsPerLot - 1
        lot = Int64(saturating: ratio * Double(callsPerLot) * Double(Self.unit))
        reserve = Int64(saturating: Double(minRetriesPerSecond) * Double(timeToLive) / 1e9 * Double(Self.unit))
        sliceLength = max(1, timeToLive / Self.sliceCount)
        self.timeline = timeline
        slices = (0..<Self.sliceCount).map { _ in Slice() }
        balance = Atomic(reserve)
    }

    /// Deposits for all the calls of a lot.
    func depositLot() {
        guard lot > 0 else { return }
        let change = enter(lot, in: currentSlice)
        balance.wrappingAdd(change, ordering: .relaxed)
    }

    /// Takes one retry out; false when there is not that much.
    func withdraw() -> Bool {
        let number = currentSlice
        expire(at: number)
        var current = balance.load(ordering: .relaxed)
        while current >= Self.unit {
            let (exchanged, original) = balance.weakCompareExchange(
                expected: current, desired: current - Self.unit, ordering: .relaxed)
            if exchanged {
                // The balance has the withdrawal already.
                balance.wrappingAdd(enter(-Self.unit, in: number) + Self.unit, ordering: .relaxed)
                return true
            }
            current = original
        }
        return false
    }

    /// Puts one retry back.
    func refund() {
        let change = enter(Self.unit, in: currentSlice)
        balance.wrappingAdd(change, ordering: .relaxed)
    }

    var remainingRetries: Int {
        expire(at: currentSlice)
        return Int(max(0, balance.load(ordering: .relaxed)) / Self.unit)
    }

    var isUntouched: Bool {
        expire(at: currentSlice)
        return balance.load(ordering: .relaxed) == reserve
    }

    private var currentSlice: Int64 { max(0, timeline.now.nanoseconds) / sliceLength }

    /// Adds to a slice, whose place may still hold an older one.
    ///
    /// - Returns: By how much the sum of all slices has changed.
    private func enter(_ amount: Int64, in number: Int64) -> Int64 {
        let slice = slices[Int(number % Self.sliceCount)]
        var current = Entry(word: slice.word.load(ordering: .relaxed))
        while true {
            let isOld = current.age(at: number) != 0
            let next = Entry(number: number, amount: isOld ? amount : current.amount + amount)
            let (exchanged, original) = slice.word.weakCompareExchange(
                expected: current.word, desired: next.word, ordering: .relaxed)
            if exchanged { return next.amount - current.amount }
            current = Entry(word: original)
        }
    }

    /// Forgets the slices that have had their time.
    private func expire(at number: Int64) {
        for slice in slices {
            let current = Entry(word: slice.word.load(ordering: .relaxed))
            guard current.amount != 0, current.age(at: number) >= Self.sliceCount else { continue }
            let (exchanged, _) = slice.word.compareExchange(
                expected: current.word, desired: 0, ordering: .relaxed)
            // Who came first has accounted for it.
            if exchanged { balance.wrappingSubtract(current.amount, ordering: .relaxed) }
        }
    }
}
