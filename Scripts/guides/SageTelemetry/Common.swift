// What the examples of SageTelemetry leave out. It is type-checked and never run.
import InMemoryTracing
import Logging
import Metrics
import MetricsTestKit
import SageResilience
import SageTelemetry
import SageTesting
import Testing
import Tracing

let metricsFactory: any MetricsFactory = standIn()
let supervisor: Supervisor = standIn()
func makeLogHandler(_ label: String) -> any LogHandler { standIn() }
