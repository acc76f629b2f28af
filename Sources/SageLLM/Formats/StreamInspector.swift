package import NIOCore

/// Watches the events of a stream and tells what each is, and at the end whether the answer is whole.
///
/// One implementation a format, a value with the rules of that format.
package protocol StreamInspector: Sendable {
    /// Whether any content was seen.
    var hasContent: Bool { get }
    /// The last token counts that were reported.
    var usage: TokenCounts? { get }
    /// Why the answer finished, in the provider's words; one for each choice that has finished.
    var finishReasonTexts: [String] { get }
    /// What a client of this format still waits for when the answer is whole but the provider has left out its end;
    /// nil if nothing is missing.
    var missingEnd: ByteBuffer? { get }

    /// The name of the event that was looked at last, if its `event` line is missing and clients need it; nil for
    /// formats without names.
    var missingEventName: String? { get }

    /// Looks at the next event of the stream.
    mutating func inspect(_ event: ServerSentEvent) -> StreamSignal

    /// How the stream ended.
    ///
    /// - Parameter incompleteEvent: The event inside which the stream ended, if any.
    func verdict(incompleteEvent: ServerSentEvent?) -> StreamVerdict
}

extension StreamInspector {
    package var missingEventName: String? { nil }
}
