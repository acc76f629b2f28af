import SageGateway

/// The version, for `sage --version`.
enum SageVersionText {
    static var current: String { SageVersion.current }
}
