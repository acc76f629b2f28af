import SageMacros
import Synchronization

// Functions of all shapes, in every one of which the compiler has to accept the expansion.

/// An actor whose bodies use its state synchronously.
actor Store {
    private(set) var calls = 0
    private func count() -> Int {
        calls += 1
        return calls
    }

    @Retry(maxAttempts: 3, initialDelay: .zero)
    func save(failing: Int) async throws -> Int {
        calls += 1
        if calls <= failing { throw Outage(number: calls) }
        return calls
    }

    @Timeout(.seconds(20))
    func timed() async throws -> Int {
        calls += 1
        return count()
    }

    @Timeout(.seconds(20))
    @Retry(maxAttempts: 3, initialDelay: .zero)
    @Timeout(.seconds(5))
    @CircuitBreaker("store", failureThreshold: 5)
    func timedTwice(failing: Int) async throws -> Int {
        if count() <= failing { throw Outage(number: calls) }
        return self.calls
    }

    @Hedged(after: .seconds(10))
    func hedged() async throws -> Int { count() }

    @Resilient("store")
    func resilient() async throws -> Int { count() }

    static let pipelineName = "store"

    @Resilient(Store.pipelineName)
    func resilientByConstant() async throws -> Int { count() }

    @Resilient(inTask: "store")
    func resilientInTask(_ box: inout Int) async throws -> Int {
        box += 1
        return count()
    }

    @Fallback(to: Store.cached)
    @Timeout(.seconds(20))
    @Retry(maxAttempts: 2, initialDelay: .zero)
    func load(_ key: String, depth: Int = 1) async throws -> String { throw Outage() }

    @Fallback(to: Archive.cached)
    func loadFromAnywhere(_ key: String, depth: Int) async throws -> String { throw Outage() }

    func cached(_ key: String, depth: Int) -> String {
        calls += 100
        return "\(key) at \(depth)"
    }
}

/// Has a function with the same name as one of the store.
enum Archive {
    static func cached(_ key: String, depth: Int) -> String { "\(key) of the archive" }
}

/// A structure without `Sendable`.
struct Journal {
    final class Page { var lines: [String] = [] }

    var page = Page()
    var count = 0

    @Retry(maxAttempts: 3, initialDelay: .zero)
    @CircuitBreaker
    mutating func append(_ line: String, to other: inout [String]) async throws {
        count += 1
        if count < 2 { throw Outage() }
        other.append(line)
        page.lines.append(line)
    }

    @Retry
    func tuple() async throws -> (Int, String) { (count, "page") }

    @Retry
    func opaque() async throws -> some Collection<String> { page.lines }

    @Retry
    func opaqueInSteps() async throws -> some Collection<String> {
        let lines = page.lines
        return lines.map { $0.uppercased() }
    }

    @Fallback(returning: nil)
    @Retry
    func first() async throws -> String? {
        guard let first = page.lines.first else { throw Mystery() }
        return first
    }
}

extension Journal {
    @Bulkhead(limit: 1)
    static func open(_ name: String) async throws -> Journal { Journal() }
}

final class Service: Sendable {
    let calls = Mutex(0)

    @Retry(maxAttempts: 2, initialDelay: .zero)
    @Throttled
    @AdaptiveLimited
    func call() async throws -> Self {
        let number = calls.withLock { calls in
            calls += 1
            return calls
        }
        guard number > 1 else { throw Outage() }
        return self
    }

    @Timeout(.seconds(5))
    func branch(_ flag: Bool) async throws -> String { if flag { "yes" } else { "no" } }
}

class Base {
    func load() async throws -> Int { 1 }
    func cached(_ number: Int) async throws -> Int { number + 40 }
}

final class Derived: Base {
    @Retry
    override func load() async throws -> Int { try await super.load() + 1 }

    @Fallback(to: Derived.cached)
    func byType(_ number: Int) async throws -> Int { throw Outage() }

    @Fallback(to: Self.cached)
    func bySelf(_ number: Int) async throws -> Int { throw Outage() }

    @Fallback(to: "cached")
    func byName(_ number: Int) async throws -> Int { throw Outage() }
}

/// A generic type with a generic method.
struct Cache<Key: Hashable & Sendable, Value: Sendable> {
    var values: [Key: Value] = [:]

    @CircuitBreaker("cache")
    func value<Default>(for key: Key, or other: Default) async throws -> (Value?, Default) { (values[key], other) }
}

extension Cache {
    @Timeout(.seconds(5))
    func count() async throws -> Int where Key: Sendable { values.count }

    @Retry
    mutating func set(_ value: Value, for key: Key) async throws { values[key] = value }
}

@Retry
func identity<Value>(_ value: Value) async throws -> Value { value }

@Timeout(.seconds(5))
func sendableIdentity<Value: Sendable>(_ value: Value) async throws -> Value { value }

@MainActor
final class Screen {
    var title = ""

    static func make() -> Screen { Screen() }

    @Retry
    func show(_ text: String) async throws { title = text }

    @Timeout(.seconds(5))
    func showInTime(_ text: String) async throws -> String {
        title += text
        return title
    }
}

@MainActor
@Timeout(.seconds(5))
func onMainActor() async throws -> Bool {
    MainActor.assertIsolated()
    return true
}

protocol Loading {
    func load() async throws -> Int
}

struct Loader: Loading {
    @Retry
    func load() async throws -> Int { 7 }
}

@RateLimited(limit: 5, per: .seconds(1))
func overloaded(_ text: String) async throws -> String { text }

@RateLimited(limit: 5, per: .seconds(1))
func overloaded(_ number: Int) async throws -> Int { number }

func isolated(to store: isolated Store) async throws -> Int { try await store.save(failing: 0) }

@Retry
func withIsolatedParameter(_ store: isolated Store) async throws -> Int {
    store.assertIsolated()
    return store.calls
}

@SageMacros.Retry
@SageMacros.CircuitBreaker("qualified")
func qualified() async throws {}

// Comments, literals of several lines and the name of the function stay as they are.
@Retry
func verbatim() async throws -> [String] {  // the first
    let text = """
        two
          lines
        """
    return [text, #function]  // the last
}
