/// `[]`, `[:]` or `nil` in an attribute, where nothing says which type they have.
///
/// The expansion writes the literal itself, so that it has the type of the function's result.
public struct EmptyLiteral: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral {
    /// Takes `[]`.
    public init(arrayLiteral elements: Never...) {}

    /// Takes `[:]`.
    public init(dictionaryLiteral elements: (Never, Never)...) {}

    /// Takes `nil`.
    public init(nilLiteral: ()) {}
}
