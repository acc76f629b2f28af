import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension IOError {
    /// What went wrong, with the remedy where there is an obvious one.
    var reasonText: String {
        switch errnoCode {
        case EADDRINUSE: "the port is in use; choose another with --port"
        case EACCES: "permission denied; ports below 1024 need privileges"
        case EADDRNOTAVAIL: "this machine does not have that address"
        default: description
        }
    }
}
