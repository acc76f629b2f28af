// What the examples of SageStorage leave out. It is type-checked and never run.
import SageResilience
import SageStorage
import SageTesting

let database: any SQLDatabase = standIn()
let sqlite: SQLiteDatabase = standIn()
let postgres: PostgresDatabase = standIn()
let redis: Redis = standIn()
let stateStore: any StateStore = standIn()
let breaker = CircuitBreaker("openai", .llm)
let key = "key"
let value: [UInt8] = []
let testClock = TestClock()

func serve() async throws {}
