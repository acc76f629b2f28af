extension String {
    /// The text with control and invisible characters replaced, so that nobody who names a target or writes an error
    /// message can steer the terminal on which it is shown.
    var printable: String {
        guard !unicodeScalars.allSatisfy(\.isPrintable) else { return self }
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars { result.append(scalar.isPrintable ? scalar : "\u{FFFD}") }
        return String(result)
    }
}

extension Unicode.Scalar {
    /// Whether the character shows as itself and moves nothing.
    fileprivate var isPrintable: Bool {
        if (0x20...0x7E).contains(value) { return true }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }
}
