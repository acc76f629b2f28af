/// One pass over a text that replaces what looks like a secret.
struct SecretScanner {
    private let bytes: [UInt8]
    private let knownSecrets: [[UInt8]]
    private var output: [UInt8] = []
    private var copied = 0
    private var position = 0

    init(bytes: [UInt8], knownSecrets: [[UInt8]]) {
        self.bytes = bytes
        self.knownSecrets = knownSecrets
    }

    /// The text without secrets, or nil if it held none.
    mutating func redacted() -> [UInt8]? {
        while position < bytes.count {
            if let secret = secret(at: position) {
                output += bytes[copied..<secret.lowerBound]
                output += SecretRedaction.placeholder.utf8
                copied = secret.upperBound
                position = secret.upperBound
            } else {
                position += 1
            }
        }
        return copied == 0 ? nil : output + bytes[copied...]
    }

    /// The secret that begins at a position, or behind the name or scheme that begins there.
    private func secret(at start: Int) -> Range<Int>? {
        for secret in knownSecrets where secret[0] == bytes[start] && bytes[start...].starts(with: secret) {
            return start..<start + secret.count
        }
        if bytes[start] == 0x3A { return urlPassword(at: start) }
        guard ErrorText.isLetter(bytes[start]) else { return nil }
        guard isBoundary(before: start) else { return gluedKey(at: start) }
        return providerKey(at: start) ?? schemeToken(at: start) ?? namedValue(at: start)
    }

    // MARK: - The looks of secrets

    private static let keyPrefixes: [(prefix: [UInt8], minimumRest: Int)] = [
        ("sk-", 6), ("AIza", 16), ("gsk_", 8), ("xai-", 8), ("hf_", 8), ("pplx-", 8), ("ya29.", 8),
    ].map { (Array($0.0.utf8), $0.1) }

    private func providerKey(at start: Int) -> Range<Int>? {
        for (prefix, minimumRest) in Self.keyPrefixes
        where prefix[0] == bytes[start] && bytes[start...].starts(with: prefix) {
            let rest = start + prefix.count
            // Providers echo a wrong key with its middle starred out; what is left is still a part of the key.
            let end = self.end(of: rest) { ErrorText.isAlphanumeric($0) || [0x2D, 0x5F, 0x2A].contains($0) }
            if end - rest >= minimumRest { return start..<end }
        }
        return nil
    }

    /// A key that follows a letter or digit without a gap, told from a hyphenated word by its length and mixture.
    private func gluedKey(at start: Int) -> Range<Int>? {
        // Only so far ahead, because each "sk-" of a long hyphenated text would otherwise be followed to its end.
        let beginning = bytes[start...].prefix(Self.longestMixture)
        guard beginning.contains(where: ErrorText.isDigit), beginning.contains(where: { $0 >= 0x41 && $0 <= 0x5A }),
            let key = providerKey(at: start), key.count >= 24
        else { return nil }
        let mixture = bytes[key].prefix(Self.longestMixture)
        let isMixed =
            mixture.contains(where: ErrorText.isDigit) && mixture.contains { $0 >= 0x41 && $0 <= 0x5A }
        return isMixed ? key : nil
    }

    private static let longestMixture = 64

    private func schemeToken(at start: Int) -> Range<Int>? {
        for scheme in ["bearer", "basic"] where startsIgnoringCase(scheme, at: start) {
            let token = end(of: start + scheme.utf8.count) { $0 == 0x20 || $0 == 0x09 || $0 == 0x3A }
            guard token > start + scheme.utf8.count else { continue }
            let end = self.end(of: token) {
                ErrorText.isAlphanumeric($0) || [0x2D, 0x2E, 0x5F, 0x7E, 0x2B, 0x2F, 0x3D, 0x2A].contains($0)
            }
            let word = String(decoding: bytes[token..<end], as: UTF8.self).lowercased()
            if end > token, !Self.proseAfterScheme.contains(word) { return token..<end }
        }
        return nil
    }

    /// Words that follow "bearer" or "basic" in a sentence about authentication.
    private static let proseAfterScheme: Set<String> = [
        "token", "tokens", "token.", "tokens.", "auth", "auth.", "authentication", "authentication.", "authorization",
        "authorization.", "scheme", "scheme.", "header", "header.", "credentials", "credentials.", "is", "was", "or",
        "and", "in", "with", "required", "required.", "must",
    ]

    private static let valueNames: Set<[UInt8]> = Set(
        [
            "key", "api_key", "api-key", "apikey", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key",
            "access_token", "refresh_token", "id_token", "auth_token", "token", "client_secret", "secret", "password",
            "passwd", "pwd", "sig", "signature", "authorization", "proxy-authorization", "cookie", "set-cookie",
        ].map { Array($0.utf8) })

    /// Names that also introduce a clause of a sentence, as in "key: value is missing".
    private static let proseNames = Set(["key", "token", "secret", "sig", "signature"].map { Array($0.utf8) })

    private static let longestName = valueNames.reduce(0) { max($0, $1.count) }

    /// `name=value`, `name: value` and `"name":"value"` for the names that carry secrets.
    private func namedValue(at start: Int) -> Range<Int>? {
        // Bounded, because a text of hyphens would otherwise be read to its end from each of its positions.
        let name = bytes[start...].prefix(Self.longestName + 1)
            .prefix { ErrorText.isAlphanumeric($0) || $0 == 0x2D || $0 == 0x5F }
            .map(ErrorText.lowercased)
        let nameEnd = start + name.count
        guard Self.valueNames.contains(name) else { return nil }
        let separator = end(of: nameEnd, while: isQuoteOrSpace)
        guard separator < bytes.count, bytes[separator] == 0x3D || bytes[separator] == 0x3A else { return nil }
        // Unquoted, those count only in the form `key=value`.
        if bytes[separator] == 0x3A, separator == nameEnd, Self.proseNames.contains(name) { return nil }
        let value = end(of: separator + 1, while: isQuoteOrSpace)
        for scheme in ["bearer ", "basic "] where startsIgnoringCase(scheme, at: value) {
            let token = value + scheme.utf8.count
            return self.value(at: token)
        }
        return self.value(at: value)
    }

    private func value(at start: Int) -> Range<Int>? {
        let end = self.end(of: start, while: isValue)
        // What an earlier pass has redacted stays as it is.
        guard end > start, !bytes[start...].starts(with: SecretRedaction.placeholder.utf8) else { return nil }
        return start..<end
    }

    /// The password of `scheme://user:password@host`; `colon` is any colon of the text.
    private func urlPassword(at colon: Int) -> Range<Int>? {
        guard bytes[colon...].starts(with: "://".utf8) else { return nil }
        let user = colon + 3
        let userEnd = end(of: user) { ![0x2F, 0x3A, 0x40, 0x3F, 0x23].contains($0) && $0 > 0x20 && $0 != 0x22 }
        guard userEnd < bytes.count, bytes[userEnd] == 0x3A else { return nil }
        let end = self.end(of: userEnd + 1) { ![0x2F, 0x40].contains($0) && $0 > 0x20 && $0 != 0x22 }
        guard end < bytes.count, bytes[end] == 0x40, end > userEnd + 1 else { return nil }
        return userEnd + 1..<end
    }

    // MARK: - Scanning

    private func isQuoteOrSpace(_ byte: UInt8) -> Bool { [0x20, 0x22, 0x27, 0x5C].contains(byte) }

    private func isValue(_ byte: UInt8) -> Bool {
        byte > 0x20 && ![0x22, 0x26, 0x27, 0x29, 0x2C, 0x3B, 0x3C, 0x3E, 0x5C, 0x5D, 0x7D].contains(byte)
    }

    private func isBoundary(before start: Int) -> Bool {
        guard start > 0, ErrorText.isAlphanumeric(bytes[start - 1]) || bytes[start - 1] == 0x5F else { return true }
        // In undecoded JSON the letter before may be the end of an escape, as in "\\n".
        return start > 1 && bytes[start - 2] == 0x5C
    }

    private func end(of start: Int, while matches: (UInt8) -> Bool) -> Int {
        var end = start
        while end < bytes.count, matches(bytes[end]) { end += 1 }
        return end
    }

    private func startsIgnoringCase(_ text: String, at start: Int) -> Bool {
        let pattern = text.utf8
        guard bytes.count - start >= pattern.count else { return false }
        return zip(bytes[start...], pattern).allSatisfy { ErrorText.lowercased($0) == $1 }
    }
}
