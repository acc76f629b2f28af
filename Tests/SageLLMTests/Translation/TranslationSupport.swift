import NIOCore
import Testing

@testable import SageLLM

/// A request or an answer, and what becomes of it.
struct TranslationCase: Sendable, CustomTestStringConvertible {
    let name: String
    let input: String
    let output: String
    let dropped: [String]

    init(_ name: String, _ input: String, _ output: String, dropped: [String] = []) {
        (self.name, self.input, self.output, self.dropped) = (name, input, output, dropped)
    }

    var testDescription: String { name }
}

/// A request or an answer that is refused.
struct RefusalCase: Sendable, CustomTestStringConvertible {
    let input: String
    /// The field that the error names.
    let parameter: String?
    /// A part of the message.
    let text: String

    init(_ input: String, _ parameter: String?, _ text: String) {
        (self.input, self.parameter, self.text) = (input, parameter, text)
    }

    var testDescription: String { "\(parameter ?? "-"): \(text)" }
}

extension TranslationContext {
    static let test = TranslationContext(
        model: "alias", created: 1_700, isStream: true, includesUsage: true, idSuffix: "42")
}

/// Reads a request in one format and writes it in another.
func translate(
    _ text: String, from client: any ChatTranslation.Type, to provider: any ChatTranslation.Type, model: String? = nil
) throws -> (json: JSONValue, dropped: [String]) {
    var request = try client.readRequest(JSONValue(parsing: text))
    if let model { request.model = model }
    return (try provider.writeRequest(&request), request.dropped)
}

/// The events of a stream in a format, from the data of its events.
func read(_ data: [String], _ format: any ChatTranslation.Type) throws -> [NeutralStreamEvent] {
    var reader = format.makeStreamReader()
    var events: [NeutralStreamEvent] = []
    for text in data { events += try reader.read(JSONValue(parsing: text), event: nil) }
    return events
}

/// A stream in a format, as its events.
func write(
    _ events: [NeutralStreamEvent], _ format: any ChatTranslation.Type, _ context: TranslationContext = .test
) throws -> [ServerSentEvent] {
    var writer = format.makeStreamWriter(context)
    var output = ByteBuffer()
    for event in events { writer.write(event, to: &output) }
    writer.finish(&output)
    return try ServerSentEventParserTests.parse([output]).events
}

extension NeutralRequest {
    /// A request with what others have said.
    static func saying(_ messages: NeutralMessage...) -> NeutralRequest {
        var request = NeutralRequest(model: "m")
        request.messages = messages
        return request
    }
}
