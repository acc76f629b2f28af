extension ErrorClassification {
    /// How long the service is to be left alone, because it said so.
    ///
    /// - Parameter longest: The longest time that is heeded; what goes beyond is cut off.
    /// - Returns: Nil when the service named no time, or it is not the service that failed.
    func serverWait(atMost longest: Duration) -> Duration? {
        guard fault == .provider, let wait = hint?.minimumWait else { return nil }
        let heeded = min(wait, longest)
        return heeded > .zero ? heeded : nil
    }
}
