// What the examples of SageHummingbird leave out. It is type-checked and never run.
import Hummingbird
import NIOCore
import SageHummingbird
import SageResilience
