public import Synchronization

/// A count that threads change all the time and hardly anybody reads.
///
/// On one shared word two threads spend several times as long as one: its cache line travels with each change. So there
/// are four words, each on lines of its own, and a thread takes the one that its stack's address leads to. A call may
/// begin on one word and end on another; only the sum means something.
@usableFromInline
struct ActiveCallCount: ~Copyable, Sendable {
    /// A word, and before it what keeps it two cache lines from anything else that calls look at, because processors
    /// fetch lines in pairs.
    @usableFromInline
    struct Cell: ~Copyable, Sendable {
        private typealias Words = (Int, Int, Int, Int, Int)

        private let padding: (Words, Words, Words) = ((0, 0, 0, 0, 0), (0, 0, 0, 0, 0), (0, 0, 0, 0, 0))
        @usableFromInline let count = Atomic<Int>(0)

        init() {}
    }

    @usableFromInline let first = Cell()
    @usableFromInline let second = Cell()
    @usableFromInline let third = Cell()
    @usableFromInline let fourth = Cell()

    init() {}

    /// The sum; changes that happen meanwhile may be in it or not.
    var value: Int {
        let upper = first.count.load(ordering: .relaxed) &+ second.count.load(ordering: .relaxed)
        let lower = third.count.load(ordering: .relaxed) &+ fourth.count.load(ordering: .relaxed)
        return max(0, upper &+ lower)
    }

    @inlinable
    func add(_ change: Int) {
        switch Self.place {
        case 0: first.count.wrappingAdd(change, ordering: .relaxed)
        case 1: second.count.wrappingAdd(change, ordering: .relaxed)
        case 2: third.count.wrappingAdd(change, ordering: .relaxed)
        default: fourth.count.wrappingAdd(change, ordering: .relaxed)
        }
    }

    /// A number from 0 to 3 that threads at work at the same time hardly share: stacks are 8 MiB apart.
    ///
    /// Never inlined: within an asynchronous function the variable would lie in the task's memory, and all tasks would
    /// lead to the same word.
    @usableFromInline
    @inline(never)
    static var place: UInt {
        var here: UInt8 = 0
        // Only the address is looked at, as a number.
        return unsafe withUnsafeMutablePointer(to: &here) { UInt(bitPattern: $0) } >> 23 & 3
    }
}
