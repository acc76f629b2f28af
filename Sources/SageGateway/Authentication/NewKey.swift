/// A key for a client, just made: `sk-sage-<public part>-<secret>`.
///
/// The public part tells keys apart for people and protects nothing; the secret is 256 bits of the system's
/// cryptographic random numbers. Letters and digits only, so that a double click selects it and no shell or URL needs
/// quotes.
package struct NewKey: Sendable {
    /// What clients send; to be shown once.
    package let text: String
    /// What the configuration file holds.
    package var digest: KeyDigest { KeyDigest(key: text) }

    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    /// 62^43 > 2^256.
    private static let secretLength = 43
    private static let publicLength = 8

    /// Makes a key.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(using: &generator)
    }

    init(using generator: inout some RandomNumberGenerator) {
        let publicPart = Self.characters(Self.publicLength, &generator)
        text = "sk-sage-\(publicPart)-\(Self.characters(Self.secretLength, &generator))"
    }

    private static func characters(_ count: Int, _ generator: inout some RandomNumberGenerator) -> String {
        // `randomElement` draws without the bias of a remainder.
        String((0..<count).compactMap { _ in alphabet.randomElement(using: &generator) })
    }
}
