/// One answer of a rule: a normal reply unless told otherwise, and what goes wrong with it.
package struct FaultStep: Sendable, Hashable {
    /// What is answered.
    package var answer = Answer.reply(ReplyOptions())
    /// Headers added to the answer, in the script's order.
    package var headers: [Header] = []
    /// The wait before the answer's first byte.
    package var latency = Duration.zero
    /// A silence before the answer's first byte, after ``latency``.
    package var hangBeforeHeaders: Hang?
    /// Where the connection ends early; nil when it does not.
    package var interruption: Interruption?
    /// Whether the connection ends with a TCP reset instead of an orderly close.
    package var resets = false
    /// The chance of this step, from 0 to 1; otherwise the request is answered well.
    package var probability = 1.0
    /// How many requests in a row this step answers.
    package var repetitions = 1

    package init() {}

    /// What a step answers.
    package enum Answer: Sendable, Hashable {
        /// What a healthy provider would say, with alterations.
        case reply(ReplyOptions)
        /// A fixed status and body; a nil body becomes the provider's error envelope.
        case fixed(status: Int, contentType: String, body: String?)
        /// Nothing at all: the connection is reset.
        case nothing
    }

    /// A silence.
    package enum Hang: Sendable, Hashable {
        /// The answer goes on after this time.
        case lasting(Duration)
        /// Nothing comes any more.
        case forever
    }

    /// A premature end of an answer's body.
    package enum Interruption: Sendable, Hashable {
        /// The connection ends after so many events.
        case cutAfterEvents(Int)
        /// The connection ends after so many bytes of the body.
        case cutAfterBytes(Int)
        /// Nothing more comes after so many events, and the connection stays open.
        case hangAfterEvents(Int)
    }

    /// A header line of an answer.
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// How a normal reply differs from the default one.
package struct ReplyOptions: Sendable, Hashable {
    /// The assistant's text; nil echoes the last message.
    package var text: String?
    /// What the model thinks before it answers; nil is nothing.
    package var thinking: String?
    /// The tools to call, when the request offers tools and its last message is not a tool's result.
    package var tools: [ToolCall] = []
    /// The reason for finishing that the reply gives, in the shape's words; nil is the true one.
    package var finish: String?
    /// Whether a stream ends without a reason for finishing.
    package var omitsFinish = false
    /// Whether a stream ends without the protocol's last event.
    package var omitsDone = false
    /// How many signs of life a stream sends before its first token.
    package var keepAlives = 0
    /// The wait before each event but the first.
    package var eventDelay = Duration.zero
    /// An error inside an answer that began well.
    package var inBandError: InBandError?

    package init() {}

    /// A call of a tool.
    package struct ToolCall: Sendable, Hashable {
        /// The tool's name; nil is the first tool of the request.
        package var name: String?
        /// The arguments as the text that the provider sends, usually JSON.
        package var arguments: String

        package init(name: String? = nil, arguments: String = "{}") {
            self.name = name
            self.arguments = arguments
        }
    }

    /// An error sent with status 200.
    package struct InBandError: Sendable, Hashable {
        /// The error's text as it is sent; nil is the error that the shape's provider sends when it breaks down.
        package var text: String?
        /// How many events of a stream come before it.
        package var afterEvents: Int

        package init(text: String? = nil, afterEvents: Int = 0) {
            self.text = text
            self.afterEvents = afterEvents
        }
    }
}
