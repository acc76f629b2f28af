/// The version of Sage.
package enum SageVersion {
    package static let current = "0.1.0"
}
