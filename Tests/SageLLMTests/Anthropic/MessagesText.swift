/// Texts of Anthropic's streams.
enum MessagesText {
    static let start =
        #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"claude-x","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":5,"output_tokens":1}}}"#
    static let textStart = blockStart(0, #"{"type":"text","text":""}"#)
    static let text = delta(0, #"{"type":"text_delta","text":"hi"}"#)
    static let blockStop = #"{"type":"content_block_stop","index":0}"#
    static let end = messageDelta("end_turn")
    static let stop = #"{"type":"message_stop"}"#
    static let ping = #"{"type": "ping"}"#
    static let error =
        #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"}"#

    static func blockStart(_ index: Int, _ block: String) -> String {
        #"{"type":"content_block_start","index":\#(index),"content_block":\#(block)}"#
    }

    static func delta(_ index: Int, _ delta: String) -> String {
        #"{"type":"content_block_delta","index":\#(index),"delta":\#(delta)}"#
    }

    static func messageDelta(_ reason: String, output: Int = 7) -> String {
        #"{"type":"message_delta","delta":{"stop_reason":"\#(reason)","stop_sequence":null},"usage":{"output_tokens":\#(output)}}"#
    }

    /// The data as an event with its `event` line, which repeats the type.
    static func event(_ data: String) -> String {
        let type = data.split(separator: "\"")[3]
        return "event: \(type)\ndata: \(data)\n\n"
    }

    /// A whole stream.
    static let stream = [start, textStart, ping, text, blockStop, end, stop].map(event).joined()
}
