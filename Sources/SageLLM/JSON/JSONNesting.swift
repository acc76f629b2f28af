/// The containers that are open, one bit each; allocates only below the 64th level.
struct JSONNesting {
    private(set) var depth = 0
    private var current: UInt64 = 0
    private var outer: [UInt64] = []

    @inline(__always)
    var isInsideObject: Bool { current & 1 == 1 }

    @inline(__always)
    mutating func push(isObject: Bool) {
        if depth > 0, depth & 63 == 0 {
            outer.append(current)
            current = 0
        }
        current = current << 1 | (isObject ? 1 : 0)
        depth += 1
    }

    @inline(__always)
    mutating func pop() {
        depth -= 1
        if depth > 0, depth & 63 == 0 {
            current = outer.removeLast()
        } else {
            current >>= 1
        }
    }
}
