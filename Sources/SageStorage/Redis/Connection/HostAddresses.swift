#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The addresses of a host, in the order in which the system prefers them.
struct HostAddresses {
    /// One address with its port.
    struct Address {
        let family: Int32
        /// A `sockaddr` of the family.
        let bytes: [UInt8]
    }

    let all: [Address]

    /// Asks the system; blocks for as long as the name service takes.
    init(host: String, port: Int) throws(RedisSocket.Failure) {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = Int32(SOCK_STREAM)
        #endif
        hints.ai_flags = AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &list)
        guard code == 0 else {
            let reason = gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"
            throw .hostUnknown(reason, isPassing: code == EAI_AGAIN)
        }
        defer { freeaddrinfo(list) }
        var addresses: [Address] = []
        var next = list
        while let info = next?.pointee {
            if let address = info.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
                addresses.append(Address(family: info.ai_family, bytes: Array(bytes)))
            }
            next = info.ai_next
        }
        self.all = addresses
    }
}
