import SageResilience
import SageTesting

let (logs, metrics) = (EventRecorder(), EventRecorder())
