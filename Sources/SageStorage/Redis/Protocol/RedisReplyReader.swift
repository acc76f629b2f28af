import CHiredis

/// Reads replies out of bytes by hiredis' parser, within limits.
///
/// Belongs to one thread.
final class RedisReplyReader {
    /// Why bytes are no reply.
    enum Failure: Error, Equatable {
        /// They are not Redis' protocol.
        case malformed(String)
        /// The reply is larger than allowed.
        case tooLarge(String)
    }

    /// What hiredis' functions write to.
    private final class Target {
        var assembly: RedisReplyAssembly
        init(_ assembly: RedisReplyAssembly) { self.assembly = assembly }
    }

    private let target: Target
    private let maxBytes: Int
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let reader: UnsafeMutablePointer<redisReader>
    /// The bytes that have arrived since the last reply was complete.
    private var pending = 0

    /// - Returns: Nil when there is no memory.
    init?(maxBytes: Int, maxValues: Int) {
        let functions = UnsafeMutablePointer<redisReplyObjectFunctions>.allocate(capacity: 1)
        functions.initialize(to: Self.assembling())
        guard let reader = redisReaderCreateWithFunctions(functions) else {
            functions.deallocate()
            return nil
        }
        self.target = Target(RedisReplyAssembly(maxValues: maxValues))
        self.maxBytes = maxBytes
        self.functions = functions
        self.reader = reader
        reader.pointee.privdata = Unmanaged.passUnretained(target).toOpaque()
    }

    deinit {
        redisReaderFree(reader)
        functions.deallocate()
    }

    /// Takes bytes that have arrived.
    func feed(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        pending += bytes.count
        guard redisReaderFeed(reader, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) == REDIS_OK
        else { throw failure() }
    }

    /// The next whole reply; nil when more bytes have to arrive.
    func next() throws(Failure) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw failure() }
        guard reply != nil else {
            guard pending <= maxBytes else {
                throw .tooLarge("more than \(maxBytes) bytes")
            }
            return nil
        }
        guard let value = target.assembly.take() else { throw .malformed("a type of a later version") }
        pending = reader.pointee.len - reader.pointee.pos
        return value
    }

    private func failure() -> Failure {
        if let violation = target.assembly.violation { return .tooLarge(violation) }
        let text = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return .malformed(StorageText.printable(text))
    }

    // MARK: What hiredis calls

    /// Functions that put values into the target; what they return only has to be something.
    private static func assembling() -> redisReplyObjectFunctions {
        var functions = redisReplyObjectFunctions()
        functions.createString = { task, text, length in
            let bytes = UnsafeRawBufferPointer(start: text, count: length)
            return RedisReplyReader.append(to: task) { type in
                switch type {
                case REDIS_REPLY_STRING: .bytes(Array(bytes))
                case REDIS_REPLY_STATUS: .status(String(decoding: bytes, as: UTF8.self))
                case REDIS_REPLY_ERROR: .error(String(decoding: bytes, as: UTF8.self))
                default: nil
                }
            }
        }
        functions.createArray = { task, count in
            RedisReplyReader.assemble(task) { type, assembly in
                type == REDIS_REPLY_ARRAY && assembly.begin(count: Int(clamping: count))
            }
        }
        functions.createInteger = { task, number in
            RedisReplyReader.append(to: task) { $0 == REDIS_REPLY_INTEGER ? .integer(number) : nil }
        }
        functions.createNil = { task in RedisReplyReader.append(to: task) { _ in .null } }
        return functions
    }

    private static func append(
        to task: UnsafePointer<redisReadTask>?, _ value: (Int32) -> RedisValue?
    ) -> UnsafeMutableRawPointer? {
        assemble(task) { type, assembly in
            guard let value = value(type) else { return assembly.refuse("a type of a later version") }
            assembly.append(value)
            return true
        }
    }

    private static func assemble(
        _ task: UnsafePointer<redisReadTask>?, _ body: (Int32, inout RedisReplyAssembly) -> Bool
    ) -> UnsafeMutableRawPointer? {
        guard let task, let opaque = task.pointee.privdata else { return nil }
        let target = Unmanaged<Target>.fromOpaque(opaque).takeUnretainedValue()
        return body(task.pointee.type, &target.assembly) ? opaque : nil
    }
}
