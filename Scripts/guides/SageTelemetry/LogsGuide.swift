// The handler is that of a product of swift-log that Sage itself does not need.
private typealias InMemoryLogHandler = StreamLogHandler

extension StreamLogHandler {
    fileprivate init() { self = standIn() }
}
