import Dispatch
import Synchronization

/// All vectors of one embedder and one namespace, in memory, for an exact search in two passes.
///
/// The first pass compares the query with the quantised vectors. With `a` for its result, `e` and `s · c` as in
/// ``VectorBlock``, and `f` for what quantising the query lost, the true product lies within
/// `a ± (|q| · e + f · |s · c|)` by the inequality of Cauchy and Schwarz. So every vector whose upper bound does not
/// reach the k-th best lower bound is certainly not among the best k; the others, usually some dozens, are compared with
/// the stored vectors in full precision. What comes out is what comparing all of them would give.
struct VectorTable: Sendable {
    /// How many numbers a vector has.
    let dimension: Int
    private(set) var blocks: [VectorBlock] = []
    /// How many vectors there are.
    private(set) var count = 0
    private var removed = 0

    /// Creates an empty table.
    init(dimension: Int) { self.dimension = dimension }

    /// The memory it takes, about.
    var bytes: Int { Self.bytes(count: count + removed, dimension: dimension) }
    /// Whether so many vectors have been removed that reading all of them anew pays.
    var isSparse: Bool { removed > 1_024 && removed > count }

    /// The memory that so many vectors take, about.
    static func bytes(count: Int, dimension: Int) -> Int {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: VectorBlock.stride(of: dimension) + 16)
        return overflow ? .max : bytes
    }

    /// Appends a stored vector; its number must be greater than all before it.
    ///
    /// One of another length is left out.
    mutating func append(_ id: Int64, bytes: [UInt8]) {
        guard bytes.count == dimension * 4 else { return }
        if let last = blocks.last, last.count < VectorBlock.capacity(of: dimension) {
            blocks[blocks.count - 1].append(id, bytes: bytes)
        } else {
            var block = VectorBlock()
            // The first one grows as it needs: most namespaces are small.
            if !blocks.isEmpty { block.reserve(dimension: dimension) }
            block.append(id, bytes: bytes)
            blocks.append(block)
        }
        count += 1
    }

    /// Forgets a vector, if it is there.
    mutating func remove(_ id: Int64) {
        guard let index = blocks.lastIndex(where: { ($0.ids.first ?? .max) <= id }) else { return }
        if blocks[index].remove(id) {
            count -= 1
            removed += 1
        }
    }

    /// A vector that may be among the best.
    struct Candidate: Hashable {
        /// Its number.
        var id: Int64
        /// No better than this.
        var upperBound: Double
    }

    /// The vectors that may be among the best, the most promising first; all others are certainly not.
    ///
    /// - Parameters:
    ///   - query: The query.
    ///   - limit: How many are wanted.
    ///   - isIncluded: Which vectors count; nil is all.
    func candidates(
        for query: UnitVector, limit: Int, where isIncluded: (@Sendable (Int64) -> Bool)? = nil
    ) -> [Candidate] {
        let query = QuantizedQuery(query)
        let scans = scanned(query, limit: limit, isIncluded)
        var best = TopList(limit)
        for scan in scans { for entry in scan.best.sorted { best.insert(entry.id, entry.score) } }
        let threshold = best.threshold ?? -.infinity
        var candidates: [Candidate] = []
        for (block, scan) in zip(blocks, scans) {
            for row in 0..<block.count where block.errors[row] >= 0 {
                let upper = Double(scan.values[row]) + Self.margin(block.errors[row], query)
                guard upper >= threshold, isIncluded?(block.ids[row]) ?? true else { continue }
                candidates.append(Candidate(id: block.ids[row], upperBound: upper))
            }
        }
        return candidates.sorted { ($1.upperBound, $0.id) < ($0.upperBound, $1.id) }
    }

    /// How far the first pass may be off, for vectors of length 1 up to rounding.
    ///
    /// The last summand covers the rounding of the first pass itself, which is in single precision.
    private static func margin(_ error: Float, _ query: QuantizedQuery) -> Double {
        let unit = 1.000_001
        return unit * Double(error) + Double(query.error) * (unit + Double(error)) + 1e-6
    }

    /// What the first pass finds in one block.
    private struct Scan: Sendable {
        var values: [Float]
        var best: TopList
    }

    private func scanned(
        _ query: QuantizedQuery, limit: Int, _ isIncluded: (@Sendable (Int64) -> Bool)?
    ) -> [Scan] {
        guard blocks.count > 2 else { return blocks.map { scan($0, query, limit: limit, isIncluded) } }
        let scans = Mutex<[Scan?]>(Array(repeating: nil, count: blocks.count))
        // Blocks this thread, which belongs to a connection, and borrows as many others as there are processors.
        DispatchQueue.concurrentPerform(iterations: blocks.count) { index in
            let result = scan(blocks[index], query, limit: limit, isIncluded)
            scans.withLock { $0[index] = result }
        }
        return scans.withLock { $0.compactMap(\.self) }
    }

    private func scan(
        _ block: VectorBlock, _ query: QuantizedQuery, limit: Int, _ isIncluded: (@Sendable (Int64) -> Bool)?
    ) -> Scan {
        let stride = VectorBlock.stride(of: dimension)
        let products = [Int32](unsafeUninitializedCapacity: block.count) { buffer, count in
            block.codes.withUnsafeBufferPointer {
                DotKernel.products($0, query, rows: block.count, stride: stride, into: buffer)
            }
            count = block.count
        }
        var best = TopList(limit)
        var threshold = -Double.infinity
        let values = [Float](unsafeUninitializedCapacity: block.count) { buffer, count in
            for row in 0..<block.count {
                let value = Float(products[row]) * (block.scales[row] * query.scale)
                buffer.initializeElement(at: row, to: value)
                guard block.errors[row] >= 0 else { continue }
                let lower = Double(value) - Self.margin(block.errors[row], query)
                guard lower > threshold, isIncluded?(block.ids[row]) ?? true else { continue }
                best.insert(block.ids[row], lower)
                threshold = best.threshold ?? -.infinity
            }
            count = block.count
        }
        return Scan(values: values, best: best)
    }
}
