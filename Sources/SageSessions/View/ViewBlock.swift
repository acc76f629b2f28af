/// A message of a view together with the results of its calls.
struct ViewBlock {
    /// A call and what became of it.
    struct Call {
        /// The call with the id that the log has.
        var call: ToolCall
        var start: CallStart?
        var result: ToolResult?
    }

    var seq: Int64
    var message: Message
    /// As many as the message has calls, in their order.
    var calls: [Call] = []
    /// Pictures that came with the results, which only a user's message may have.
    var pictures: [MessagePart] = []
    var isSealed = false
    var isPending = false
}
