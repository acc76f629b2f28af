import HTTPTypes
import Testing

/// Header fields from plain names, in the order of their names.
func fields(_ headers: [String: String]) throws -> HTTPFields {
    var fields = HTTPFields()
    for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
        fields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    return fields
}
