import SageResilience

extension FieldFormat<Bool> {
    /// A switch.
    static var flag: Self {
        .scalar(allowed: "true or false", spellings: [.flag], render: { .flag($0) }) { text in
            switch text {
            case "true": true
            case "false": false
            default: nil
            }
        }
    }
}

extension FieldFormat<Int> {
    /// A whole number.
    static func integer(_ range: ClosedRange<Int>) -> Self {
        .scalar(
            allowed: "\(range.lowerBound) to \(range.upperBound)", spellings: [.integer(range)],
            render: { .number("\($0)") }
        ) { text in
            text.hasPrefix("+") ? nil : Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A number of bytes.
    static func size(_ range: ClosedRange<Int>) -> Self {
        .scalar(
            allowed: "\(range.lowerBound) to \(range.upperBound) bytes, for example 32MiB or 33554432",
            spellings: [.size(range)],
            render: { .number("\($0)") }
        ) { text in
            SizeText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension FieldFormat<Int?> {
    /// A whole number, or `off`.
    static func integerOrOff(_ range: ClosedRange<Int>) -> Self {
        .scalar(
            allowed: "\(range.lowerBound) to \(range.upperBound), or off",
            spellings: [.integer(range), .words(["off"])],
            render: { $0.map { .number("\($0)") } ?? .text("off") }
        ) { text in
            if text == "off" { return .some(nil) }
            guard !text.hasPrefix("+"), let number = Int(text), range.contains(number) else { return nil }
            return .some(number)
        }
    }
}

extension FieldFormat<Double> {
    /// A finite number.
    ///
    /// - Parameters:
    ///   - range: The values that are allowed.
    ///   - excludesLowerBound: Whether a value must lie above the lower bound.
    /// - Returns: The format.
    static func number(_ range: ClosedRange<Double>, excludesLowerBound: Bool = false) -> Self {
        let lower = (excludesLowerBound ? "more than " : "") + DecimalText.render(range.lowerBound)
        let example = range.upperBound <= 1 ? "0.5" : "2"
        return .scalar(
            allowed: "\(lower) to \(DecimalText.render(range.upperBound)), for example \(example)",
            spellings: [.number(range, excludesLowerBound: excludesLowerBound)],
            render: { .number(DecimalText.render($0)) }
        ) { text in
            guard let number = DecimalText.parse(text), range.contains(number) else { return nil }
            return excludesLowerBound && number == range.lowerBound ? nil : number
        }
    }
}

extension FieldFormat<Duration> {
    /// A duration with a unit.
    static func duration(_ range: ClosedRange<Duration>) -> Self {
        let lower = DurationText.render(range.lowerBound)
        let upper = range.upperBound == .seconds(86_400) ? "24h" : range.upperBound == .seconds(3600) ? "1h" : nil
        return .scalar(
            allowed: "\(lower) to \(upper ?? DurationText.render(range.upperBound)), for example 1.5s, 500ms or 2m",
            spellings: [.duration],
            render: { .text(DurationText.render($0)) }
        ) { text in
            DurationText.parse(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}

extension FieldFormat where Value: RawRepresentable & CaseIterable & Sendable, Value.RawValue == String {
    /// One of several words.
    ///
    /// - Parameter later: Words of the contract that this version does not support; they get a message of their own.
    /// - Returns: The format.
    static func word(later: [String] = []) -> Self {
        let words = Value.allCases.map(\.rawValue)
        let allowed = words.joined(separator: ", ")
        return .scalar(allowed: allowed, spellings: [.words(words)], render: { .text($0.rawValue) }) {
            (text) throws(Refusal) in
            if let value = Value(rawValue: text) { return value }
            if later.contains(text) {
                throw Refusal(message: ", which is not supported by this version yet; allowed is \(allowed)")
            }
            let hint = Spelling.nearest(to: text, among: words).map { "; did you mean \($0)?" } ?? ""
            throw Refusal(message: "; allowed is \(allowed)\(hint)")
        }
    }
}

extension FieldFormat<String> {
    /// A name or an address: 1 to 256 characters, none of them a control character.
    static var text: Self {
        .scalar(
            allowed: "1 to 256 characters without control characters or surrounding spaces", render: { .text($0) }
        ) { text in
            !text.isEmpty && text.unicodeScalars.count <= 256 && !Printable.hasControlCharacters(text)
                && text.first?.isWhitespace == false && text.last?.isWhitespace == false ? text : nil
        }
    }
}

extension FieldFormat<Secret?> {
    /// A secret; an empty text means that there is none.
    static var secret: Self {
        .scalar(
            allowed: "text without spaces or control characters, for example ${NAME:-}",
            isSecret: true,
            render: { $0 == nil ? .null : .text(Secret.placeholder) }
        ) { text in
            // It travels in a header, where anything else than visible ASCII is open to misreading.
            guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
            return .some(text.isEmpty ? nil : Secret(text))
        }
    }
}
