// What the examples of SageConfiguration leave out. It is type-checked and never run.
import Configuration
import SageConfiguration
import SageResilience
import SageTesting

let config: ConfigReader = standIn()
