/// A message on its way from the log to a view.
struct ViewItem {
    /// The place of the entry it comes from.
    var seq: Int64
    var message: Message
    /// Whether something happened after it, so that a further answer is another one and no continuation of it.
    var isSealed = false
    /// Whether it was made of records of calls that stand in no message.
    var isRecovered = false
    /// Whether it is a partial answer that a later entry may still replace.
    var isPending = false
    /// What was recorded about its calls before they ran, by the place of the call among the calls.
    var starts: [Int: CallStart] = [:]
}

/// What was recorded before a call ran.
struct CallStart {
    var turn: String
    var isRepeatable: Bool
}
