import SageLLM

extension JSONValue {
    /// An integer, or null for nil.
    init(_ number: Int?) {
        self = number.map { .integer(Int64($0)) } ?? .null
    }

    /// A string, or null for nil.
    init(_ text: String?) {
        self = text.map(JSONValue.string) ?? .null
    }

    /// A duration in milliseconds with three decimals, or null for nil.
    init(milliseconds duration: Duration?) {
        self = duration.map { .double((max(.zero, $0) / .microseconds(1)).rounded(.down) / 1_000) } ?? .null
    }
}
