let openTurn: OpenTurn = standIn()
let answer = AsyncThrowingStream<String, any Error> { $0.finish() }
