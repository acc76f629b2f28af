import Logging
package import SageResilience

/// What happened to one of a provider's keys, which is named by its position: an operator has to know.
package struct KeyEvent: Sendable, Hashable {
    /// What happened.
    package enum Change: Sendable, Hashable {
        /// The provider did not accept the key; it is tried again after this time.
        case refused(ErrorClass, rest: Duration)
        /// A key that was refused has answered again.
        case revived
    }

    /// The provider's name in the configuration.
    package let provider: String
    /// The model that the key may not use; nil when it is about all of them.
    package let model: String?
    /// The key's position in `apiKeys`, from 0.
    package let index: Int
    /// What happened.
    package let change: Change
}

extension KeyEvent {
    /// Writes the event's line, without anything of the key.
    func log(to logger: Logger) {
        var metadata: Logger.Metadata = ["provider": .string(provider), "key_index": .stringConvertible(index)]
        if let model { metadata["model"] = .string(model) }
        switch change {
        case .refused(let errorClass, let rest):
            metadata["error_class"] = .string(errorClass.rawValue)
            metadata["retry_after_ms"] = .stringConvertible(rest.wholeMilliseconds)
            logger.warning("key refused", metadata: metadata)
        case .revived:
            logger.notice("key works again", metadata: metadata)
        }
    }
}
