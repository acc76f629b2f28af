import Synchronization

/// Series that are made when they are first written to, so that a page holds none that nothing was ever counted in.
///
/// Reading one that exists is an atomic load and an array access: no lock, no text.
final class LazyTable<Handler: Sendable>: Sendable {
    private final class Made: Sendable {
        let handler: Handler
        init(_ handler: Handler) { self.handler = handler }
    }

    /// A class, because an array holds only what can be copied.
    private final class Cell: Sendable {
        let made = AtomicLazyReference<Made>()
    }

    private let cells: [Cell]
    private let make: @Sendable (Int) -> Handler

    /// - Parameters:
    ///   - count: How many series there may be.
    ///   - make: Makes the series with this number; when two threads need it at once it may be called twice, and must
    ///     give the same series.
    init(count: Int, make: @escaping @Sendable (Int) -> Handler) {
        cells = (0..<count).map { _ in Cell() }
        self.make = make
    }

    subscript(index: Int) -> Handler {
        if let made = cells[index].made.load() { return made.handler }
        return cells[index].made.storeIfNil(Made(make(index))).handler
    }
}
