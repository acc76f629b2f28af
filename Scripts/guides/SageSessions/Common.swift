// What the examples of SageSessions leave out. It is type-checked and never run.
import SageSessions
import SageStorage

let database: any SQLDatabase = try! SQLiteDatabase(SQLiteConfiguration(.file("sage.db")))
let file: [UInt8] = []

func serve() async throws {}
