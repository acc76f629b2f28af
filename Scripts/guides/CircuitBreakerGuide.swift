private struct Down: ClassifiedError {
    let classification = ErrorClassification(.overloaded)
}
