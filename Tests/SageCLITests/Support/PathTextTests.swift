import Testing

@testable import SageCLI

struct PathTextTests {
    @Test(arguments: [
        ("plain-id_1.txt~", "plain-id_1.txt~"), ("a/b", "a%2Fb"), ("a b?c#d%e", "a%20b%3Fc%23d%25e"),
        ("日本", "%E6%97%A5%E6%9C%AC"), (".", "%2E"), ("..", "%2E%2E"), ("...", "%2E%2E%2E"), ("a..b", "a..b"), ("", ""),
    ])
    func anyTextIsOneSegment(text: String, expected: String) {
        #expect(PathText.encoded(text) == expected)
    }

    @Test func aQueryHasTheValuesThatAreThere() {
        #expect(PathText.path("/a", [("x", nil), ("y", nil)]) == "/a")
        #expect(PathText.path("/a", [("x", "1&2"), ("y", nil), ("z", "")]) == "/a?x=1%262&z=")
    }
}
