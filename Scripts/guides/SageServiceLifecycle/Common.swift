// What the examples of SageServiceLifecycle leave out. It is type-checked and never run.
import Logging
import SageResilience
import SageServiceLifecycle
import SageTesting
import ServiceLifecycle
import ServiceLifecycleTestKit

struct Server: Service {
    func run() async throws {}
}

struct Job: Sendable {}

struct Queue: Sendable {
    func next() async throws -> Job? { nil }
}

struct Consumer: Service {
    init(_ queue: Queue) {}
    func run() async throws {}
}

let logger = Logger(label: "example")
let server = Server()
let database = Server()
let refresher = Server()
let queue = Queue()
let drain: CallDrain = standIn()
let health: HealthChecker = standIn()
let supervisor: Supervisor = standIn()
let worker: Supervisor = standIn()
func publish(_ report: HealthReport) {}
func perform(_ job: Job) async throws {}
