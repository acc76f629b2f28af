/// How a call counts for the policies around it.
package enum Outcome: String, Sendable {
    /// The service did its work.
    case success
    /// The service failed.
    case failure
    /// The call says nothing about the service: the caller walked away, made a mistake, or was refused by a policy.
    /// It gives back what it held, counts nowhere and changes no state.
    case ignored
}
