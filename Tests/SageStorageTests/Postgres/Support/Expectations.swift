import Testing

/// What a mutating call returns is looked at beside the macro, which cannot make one.
func expect<Value: Equatable>(
    _ found: Value, _ expected: Value, sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(found == expected, sourceLocation: sourceLocation)
}
