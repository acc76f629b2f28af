// What the examples of the guides leave out. It is type-checked and never run.
import SageResilience
import SageTesting
import Testing

/// A value of which an example needs no more than the type.
func standIn<Value>() -> Value { fatalError("The examples are never run.") }

struct Request: Sendable {
    let isIdempotent = true
    let maxTokens = 1_000
}

struct Reply: Sendable {
    static let empty = Reply()
    let usage = Usage()

    struct Usage: Sendable {
        let totalTokens = 1
    }
}

struct Client: Sendable {
    func chat(_ request: Request) async throws -> Reply { Reply() }
    func send(_ request: Request) async throws -> Reply { Reply() }
    func stream(_ request: Request) -> AsyncStream<String> { standIn() }
    func embed(_ texts: String...) async throws -> [Float] { [] }
    func call() async throws -> String { "" }
    func ping() async throws {}
}

/// A client that returns answers of every status.
struct HTTPClient: Sendable {
    func send(_ request: Request) async throws -> HTTPAnswer { HTTPAnswer() }
}

struct HTTPAnswer: Sendable {
    let status = 200
}

let http = HTTPClient()
let client = Client()
let primary = Client()
let secondary = Client()
let request = Request()
let text = ""
let stream: AsyncStream<String> = standIn()
func yield(_ element: String) {}

struct Conversations: Sendable {
    func save(_ turn: String) async throws {}
}

let store = Conversations()
let turn = ""

struct ProviderError: ClassifiedError {
    let status: Int
    var classification: ErrorClassification { ErrorClassification(httpStatus: status) }
}

struct Agent: Sendable {
    func run() async throws {}
    func execute(_ task: String) async throws -> String { task }
}

let agent = Agent()
let task = ""
func ingest() async throws {}

struct Store: Sendable {
    static func open() async throws -> Store { Store() }
    func serve() async throws {}
}

let apiKey = ""
let listener: any ResilienceListener = standIn()
let pipeline: ResiliencePipeline = standIn()
let retry: RetryPolicy = standIn()
let clock: TestClock = standIn()
