import CClients
import Glibc

/// Redis by its own client, one connection.
final class PlainRedis {
    private let handle: UnsafeMutablePointer<redisContext>

    /// - Parameter url: `redis://HOST:PORT`, perhaps with a database.
    init(_ url: String) throws {
        let address = url.dropFirst("redis://".count).prefix { $0 != "/" }.split(separator: ":")
        guard address.count == 2, let port = Int32(address[1]),
            let handle = redisConnect(String(address[0]), port)
        else { throw Failure("SAGE_TEST_REDIS is no plain address") }
        self.handle = handle
        guard handle.pointee.err == 0 else { throw Failure("Redis cannot be reached") }
    }

    deinit { redisFree(handle) }

    /// Sends words and reads the answer's type.
    @discardableResult
    func send(_ words: [String]) throws -> Int32 {
        var pointers = words.map { UnsafePointer(strdup($0)) }
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        let lengths = words.map(\.utf8.count)
        guard let answer = redisCommandArgv(handle, Int32(words.count), &pointers, lengths) else {
            throw Failure("Redis did not answer")
        }
        defer { freeReplyObject(answer) }
        let type = answer.assumingMemoryBound(to: redisReply.self).pointee.type
        guard type != REDIS_REPLY_ERROR else { throw Failure("Redis refused \(words[0])") }
        return type
    }
}
