// What the examples of SagePrometheus leave out. It is type-checked and never run.
import Hummingbird
import NIOCore
import Metrics
import SagePrometheus
import Testing

let prometheus = PrometheusMetrics()
var router: Router<BasicRequestContext> { Router() }
let queue: [Int] = []
func placeOrder() async {}
