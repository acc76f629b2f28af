/// A point on a policy's ``Timeline``, in nanoseconds since that timeline's origin.
///
/// Arithmetic saturates, so that no delay, however large, can overflow.
@frozen
@usableFromInline
package struct Moment: Sendable, Hashable, Comparable {
    /// Nanoseconds since the origin of the timeline.
    @usableFromInline
    package let nanoseconds: Int64

    /// The origin of every timeline.
    @inlinable
    package static var zero: Moment { Moment(nanoseconds: 0) }

    /// A moment that no clock reaches.
    @inlinable
    package static var distantFuture: Moment { Moment(nanoseconds: .max) }

    @inlinable
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment `nanoseconds` later, or the nearest representable one.
    @inlinable
    package func advanced(by nanoseconds: Int64) -> Moment {
        Moment(nanoseconds: self.nanoseconds.addingSaturating(nanoseconds))
    }

    /// The nanoseconds that passed since `earlier`; zero when time went backwards.
    @inlinable
    package func elapsed(since earlier: Moment) -> Int64 {
        max(0, nanoseconds.subtractingSaturating(earlier.nanoseconds))
    }

    @inlinable
    package static func < (lhs: Moment, rhs: Moment) -> Bool {
        lhs.nanoseconds < rhs.nanoseconds
    }
}
