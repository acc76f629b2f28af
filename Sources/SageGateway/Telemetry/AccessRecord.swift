import Logging
import SageLLM

/// One line of the access log: what became of a request or a call of a model, and never anything of what was said in it.
struct AccessRecord: Sendable {
    var requestID: String
    /// The template of the path; nil when it is not known.
    var route: String?
    /// The name of the client's key; nil when keys are not asked for.
    var key: String?
    /// What the client has asked for.
    var model: String
    /// Who was called last, `provider/model`.
    var target: String?
    var outcome: RequestOutcome
    var status: Int
    var isStream: Bool
    var attempts: Int
    var fallbacks: Int
    var usage: TokenCounts?
    /// All of it, the end of a stream included.
    var nanoseconds: Int64
    /// Until an answer began, or was there, without what Sage itself took.
    var upstreamNanoseconds: Int64
    /// What Sage itself took until then.
    var overheadNanoseconds: Int64
    /// Until the first token of a stream; nil without one.
    var firstTokenNanoseconds: Int64?
    var errorCode: GatewayError.Code?
    /// What is said about the error, unless that may quote the request.
    var error: String?
    /// Whether it is a call of a model that Sage has made, and no request of a client.
    var isCall = false

    /// The message of the line.
    var message: String { isCall ? "model call" : "request" }

    var level: Logger.Level { outcome == .success || outcome == .cancelled ? .info : .notice }

    /// The fields of the line.
    var metadata: Logger.Metadata {
        var fields: Logger.Metadata = [
            "request_id": .string(requestID), "model": .string(model), "outcome": .string(outcome.rawValue),
            "status": .stringConvertible(status), "attempts": .stringConvertible(attempts),
            "fallbacks": .stringConvertible(fallbacks), "stream": .stringConvertible(isStream),
            "duration_ms": .stringConvertible(Self.milliseconds(nanoseconds)),
            "overhead_ms": .stringConvertible(Self.milliseconds(overheadNanoseconds)),
        ]
        if let key { fields["key"] = .string(key) }
        if let route { fields["route"] = .string(route) }
        if let target {
            fields["target"] = .string(target)
            fields["upstream_ms"] = .stringConvertible(Self.milliseconds(upstreamNanoseconds))
        }
        if let firstTokenNanoseconds {
            fields["first_token_ms"] = .stringConvertible(Self.milliseconds(firstTokenNanoseconds))
        }
        if let count = usage?.prompt { fields["input_tokens"] = .stringConvertible(count) }
        if let count = usage?.completion { fields["output_tokens"] = .stringConvertible(count) }
        if let count = usage?.total { fields["tokens"] = .stringConvertible(count) }
        if let errorCode { fields["error_code"] = .string(errorCode.rawValue) }
        if let error { fields["error"] = .string(error) }
        return fields
    }

    /// Milliseconds with two decimals, as a number.
    private static func milliseconds(_ nanoseconds: Int64) -> Double {
        Double(nanoseconds / 10_000) / 100
    }

    /// Appends the fields as members of a JSON object, each after a comma: the same as ``metadata``, in its order.
    ///
    /// Every request writes this: a dictionary of metadata, sorted and taken apart again, would cost ten times as much.
    func writeMembers(to line: inout [UInt8]) {
        Self.write(#","attempts":"#, attempts, to: &line)
        Self.write(#","duration_ms":"#, milliseconds: nanoseconds, to: &line)
        if let error { Self.write(#","error":"#, error, to: &line) }
        if let errorCode { Self.write(#","error_code":"#, errorCode.rawValue, to: &line) }
        Self.write(#","fallbacks":"#, fallbacks, to: &line)
        if let firstTokenNanoseconds {
            Self.write(#","first_token_ms":"#, milliseconds: firstTokenNanoseconds, to: &line)
        }
        if let count = usage?.prompt { Self.write(#","input_tokens":"#, count, to: &line) }
        if let key { Self.write(#","key":"#, key, to: &line) }
        Self.write(#","model":"#, model, to: &line)
        Self.write(#","outcome":"#, outcome.rawValue, to: &line)
        if let count = usage?.completion { Self.write(#","output_tokens":"#, count, to: &line) }
        Self.write(#","overhead_ms":"#, milliseconds: overheadNanoseconds, to: &line)
        Self.write(#","request_id":"#, requestID, to: &line)
        if let route { Self.write(#","route":"#, route, to: &line) }
        Self.write(#","status":"#, status, to: &line)
        line.append(utf8: isStream ? #","stream":true"# : #","stream":false"#)
        if let target { Self.write(#","target":"#, target, to: &line) }
        if let count = usage?.total { Self.write(#","tokens":"#, count, to: &line) }
        if target != nil { Self.write(#","upstream_ms":"#, milliseconds: upstreamNanoseconds, to: &line) }
    }

    private static func write(_ name: StaticString, _ text: String, to line: inout [UInt8]) {
        line.append(utf8: name)
        JSONValue.write(text, to: &line)
    }

    private static func write(_ name: StaticString, _ number: Int, to line: inout [UInt8]) {
        line.append(utf8: name)
        line.append(decimal: number)
    }

    /// Milliseconds as a number of at most two decimals, the shortest that says it.
    private static func write(_ name: StaticString, milliseconds nanoseconds: Int64, to line: inout [UInt8]) {
        line.append(utf8: name)
        let hundredths = Int(nanoseconds / 10_000)
        if hundredths < 0 { line.append(UInt8(ascii: "-")) }
        let (whole, fraction) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
        line.append(decimal: Int(whole))
        guard fraction > 0 else { return }
        line.append(UInt8(ascii: "."))
        line.append(UInt8(ascii: "0") + UInt8(fraction / 10))
        if fraction % 10 > 0 { line.append(UInt8(ascii: "0") + UInt8(fraction % 10)) }
    }
}
