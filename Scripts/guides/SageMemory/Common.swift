// What the examples of SageMemory leave out. It is type-checked and never run.
import SageMemory
import SageStorage
import SageTesting

let testClock = TestClock()
