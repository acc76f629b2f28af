import HTTPTypes
import SageResilience
import SageTesting
import Testing

@testable import SageGateway

struct ClientKeysTests {
    private static let secret = "sk-sage-team-0123456789"

    private func keys(
        _ change: (inout GatewayConfiguration.ClientKey) -> Void = { _ in }, clock: TestClock = TestClock()
    ) throws -> ClientKeys {
        var key = GatewayConfiguration.ClientKey(name: "team-a", hash: KeyDigest(key: Self.secret))
        change(&key)
        let other = GatewayConfiguration.ClientKey(name: "team-b", hash: KeyDigest(key: "another-key"))
        return try ClientKeys([other, key], clock: clock)
    }

    private func fields(_ name: String, _ value: String) throws -> HTTPFields {
        [try #require(HTTPField.Name(name)): value]
    }

    @Test(arguments: [
        ("authorization", "Bearer \(secret)"), ("authorization", "bearer \(secret)"),
        ("authorization", "BEARER   \(secret)"), ("x-api-key", secret), ("x-goog-api-key", secret), ("api-key", secret),
    ])
    func aKeyIsKnownWhereverClientsPutIt(_ name: String, _ value: String) throws {
        #expect(try keys().authenticate(fields(name, value))?.name == "team-a")
    }

    @Test(arguments: ["key=\(secret)", "alt=sse&key=\(secret)", "key=sk%2Dsage%2dteam-0123456789&x=1"])
    func aKeyIsKnownInTheQuery(_ query: String) throws {
        #expect(try keys().authenticate([:], query: query[...])?.name == "team-a")
    }

    @Test func oneValidKeyAmongSeveralSuffices() throws {
        var headers = try fields("authorization", "Bearer placeholder")
        headers[.anthropicKey] = Self.secret
        #expect(try keys().authenticate(headers)?.name == "team-a")
    }

    @Test(arguments: [
        ("authorization", "Bearer \(secret)x"), ("authorization", "Bearer \(secret.dropLast())"),
        ("authorization", secret), ("authorization", "Basic \(secret)"), ("authorization", "Bearer "),
        ("authorization", "Bearer \(secret), Bearer \(secret)"), ("authorization", "\u{e9}\u{e9}"),
        ("x-api-key", ""), ("x-api-key", String(repeating: "x", count: 2_000)),
        ("x-api-key", "sha256:0000000000000000000000000000000000000000000000000000000000000000"),
    ])
    func everythingElseIsRefusedWithoutAHint(_ name: String, _ value: String) throws {
        let error = #expect(throws: GatewayError.self) { try keys().authenticate(fields(name, value)) }
        #expect(error?.status == 401)
        #expect(error?.message == "the API key is not valid")
    }

    @Test(arguments: [nil, "", "alt=sse", "key", "monkey=\(secret)", "key=%2", "key=%zz", "key=%ff"])
    func noKeyIsSaidToBeMissing(_ query: String?) throws {
        let error = #expect(throws: GatewayError.self) { try keys().authenticate([:], query: query.map { $0[...] }) }
        #expect(error?.code == .unauthorized)
        #expect(error?.message.hasPrefix("an API key is needed") == true)
    }

    @Test func theDigestItselfIsNoKey() throws {
        let digest = KeyDigest(key: Self.secret).description
        #expect(throws: GatewayError.self) { try keys().authenticate(fields("x-api-key", digest)) }
    }

    @Test func withoutKeysEverybodyIsLetIn() throws {
        #expect(!ClientKeys.open.areRequired)
        #expect(try ClientKeys.open.authenticate([:]) == nil)
        #expect(try ClientKeys.open.authenticate(fields("authorization", "Bearer any")) == nil)
    }

    @Test func requestsAreLimitedAndToldWhenToComeBack() throws {
        let clock = TestClock()
        let key = try #require(try keys({ $0.requestsPerMinute = 2 }, clock: clock).all.first { $0.name == "team-a" })
        _ = try key.admit(1)
        clock.advance(by: .seconds(10))
        _ = try key.admit(1)
        let error = #expect(throws: GatewayError.self) { try key.admit(1) }
        #expect(error?.code == .rateLimited && error?.status == 429)
        #expect(error?.retryAfter == .seconds(50))
        #expect(error?.message == "the key team-a has used up its requests a minute")
        clock.advance(by: .seconds(50))
        _ = try key.admit(1)
    }

    @Test func tokensAreLimitedByWhatRequestsHaveUsed() throws {
        let clock = TestClock()
        let key = try #require(try keys({ $0.tokensPerMinute = 600 }, clock: clock).all.first { $0.name == "team-a" })
        let permit = try key.admit(500)
        permit.settle(tokens: 900)
        let error = #expect(throws: GatewayError.self) { try key.admit(100) }
        #expect(error?.message == "the key team-a has used up its tokens a minute")
        #expect(error?.retryAfter == .seconds(40))
        clock.advance(by: .seconds(40))
        _ = try key.admit(100)
    }

    @Test func aRefusedRequestTakesNothing() throws {
        let clock = TestClock()
        let key = try #require(
            try keys(
                {
                    $0.requestsPerMinute = 10
                    $0.tokensPerMinute = 100
                }, clock: clock
            ).all.first { $0.name == "team-a" })
        _ = try key.admit(100)
        for _ in 0..<50 { #expect(throws: GatewayError.self) { try key.admit(50) } }
        #expect(key.limits?.requests?.snapshot().availablePermits == 9)
    }

    @Test func aPriorityIsCapped() throws {
        let key = try #require(try keys({ $0.priority = .normal }).all.first)
        #expect(key.capped(.critical) == .normal)
        #expect(key.capped(.low) == .low)
    }

    @Test func modelsAreRestricted() throws {
        let patterns = ["smart", "openai/*"].compactMap { ModelPattern($0) }
        let key = try #require(try keys({ $0.models = patterns }).all.first { $0.name == "team-a" })
        #expect(key.allows("smart") && key.allows("openai/gpt-5"))
        #expect(!key.allows("smarter") && !key.allows("anthropic/x"))
    }
}

struct ModelPatternTests {
    @Test(arguments: [
        ("*", "", true), ("*", "a/b", true), ("a", "a", true), ("a", "A", false), ("a", "ab", false),
        ("gpt-*", "gpt-", true), ("gpt-*", "gpt-5", true), ("gpt-*", "a-gpt-5", false), ("*-mini", "gpt-5-mini", true),
        ("*-mini", "gpt-5-minis", false), ("a*a", "a", false), ("a*a", "aa", true), ("a*b*c", "abc", true),
        ("a*b*c", "axxbyyc", true), ("a*b*c", "acb", false), ("a**c", "abc", true), ("*a*a*", "a", false),
        ("*a*a*", "xaya", true), ("g?t", "gpt", false), ("[a]", "a", false), (".*", "ab", false),
        ("模型*", "模型-1", true), ("*型*", "模型-1", true), ("ab*ab", "abab", true), ("aab*", "aaab", false),
        ("*ab*", "aab", true),
    ])
    func anAsteriskStandsForAnyCharacters(_ pattern: String, _ name: String, _ matches: Bool) throws {
        #expect(try #require(ModelPattern(pattern)).matches(name) == matches)
    }

    @Test(arguments: ["", "a\nb", String(repeating: "a", count: 257)])
    func whatNoModelIsCalledIsNoPattern(_ text: String) {
        #expect(ModelPattern(text) == nil)
    }

    @Test func manyAsterisksTakeNoLongTime() throws {
        let pattern = try #require(ModelPattern(String(repeating: "a*", count: 100) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 200)))
    }
}

struct KeyDigestTests {
    /// The examples of FIPS 180-4, and messages around the ends of blocks, hashed by another implementation.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
        (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
        (String(repeating: "a", count: 56), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
        (String(repeating: "a", count: 57), "f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6"),
        (String(repeating: "a", count: 63), "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"),
        (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
        (String(repeating: "a", count: 65), "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"),
        (String(repeating: "a", count: 119), "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"),
        (String(repeating: "a", count: 120), "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"),
        (String(repeating: "a", count: 128), "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"),
    ])
    func theHashIsThatOfTheStandard(_ message: String, _ digest: String) {
        #expect(KeyDigest(key: message).description == "sha256:\(digest)")
        #expect(KeyDigest(text: "sha256:\(digest)") == KeyDigest(key: message))
    }

    @Test(arguments: [
        "", "sha256:", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a",
        "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0",
        "sha256:ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "sk-sage-a-b",
    ])
    func othersAreNoDigests(_ text: String) {
        #expect(KeyDigest(text: text) == nil)
    }

    @Test func newKeysDifferAndHaveTheirForm() {
        var random = SeededGenerator(seed: 7)
        let keys = (0..<100).map { _ in NewKey(using: &random).text }
        #expect(Set(keys).count == 100)
        for key in keys {
            let parts = key.split(separator: "-")
            #expect(parts.prefix(2) == ["sk", "sage"] && parts.dropFirst(2).map(\.count) == [8, 43])
            #expect(key.utf8.allSatisfy { $0 == UInt8(ascii: "-") || KeyCharacters.areAlphanumeric($0) })
        }
    }
}

private enum KeyCharacters {
    static func areAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
