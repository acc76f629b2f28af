import SageResilience

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

extension RandomSource {
    /// A number from 0 to `count - 1`, each with the same chance.
    func index(below count: Int) -> Int {
        // The product can round up to the count itself.
        min(count - 1, Int(unitInterval() * Double(count)))
    }

    /// An exponentially distributed number with mean 1.
    func exponential() -> Double {
        -log(1 - unitInterval())
    }
}
