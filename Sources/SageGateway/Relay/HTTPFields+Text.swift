import HTTPTypes

extension HTTPFields {
    /// The value of a field as the subscript tells it, which puts together even what stands there once.
    func text(_ name: HTTPField.Name) -> String? {
        let values = self[values: name]
        return values.count > 1 ? self[name] : values.first
    }
}
