import Testing

@testable import SageGateway

struct BaseURLTests {
    @Test(arguments: [
        ("https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("HTTPS://API.OpenAI.com/V1//", "https://api.openai.com/V1"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
        ("http://h:80", "http://h"), ("https://h:443/", "https://h"), ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("http://h/a%20b/v1", "http://h/a%20b/v1"), ("http://my_host/v1", "http://my_host/v1"),
    ])
    func addressesAreReadAndWrittenInOneForm(_ text: String, _ expected: String) throws {
        let url = try #require(BaseURL(text))
        #expect(url.description == expected)
        #expect(BaseURL(url.description) == url)
    }

    @Test func theDefaultPortIsThatOfTheScheme() throws {
        #expect(try #require(BaseURL("https://h/v1")).port == 443)
        #expect(try #require(BaseURL("http://h/v1")).port == 80)
        #expect(try #require(BaseURL("http://h/v1")).isSecure == false)
    }

    @Test(arguments: [
        "", "api.openai.com/v1", "ftp://h/v1", "http://", "http:///v1", "http://u@h/v1", "http://u:p@h/v1",
        "http://h/v1?a=b",
        "http://h/v1#x", "http://h:0/v1", "http://h:65536/v1", "http://h:/v1", "http://h:8x/v1", "http://h: 80/v1",
        "http://h/a b",
        "http://h/é", "http://é/v1", "http://[::1/v1", "http://[h]/v1", "http://[::1]x/v1", "http://h/../v1",
        "http://h//v1",
        "http://h/v1\r\nx", "http://-h/v1", "http://.h", "http://a,b/v1", "http://h\\v1",
        "http://" + String(repeating: "h", count: 254), "http://h/" + String(repeating: "v", count: 2048),
    ])
    func whatIsNotAnAddressIsRefused(_ text: String) {
        #expect(BaseURL(text) == nil)
    }

    @Test(arguments: [
        ("http://h/v1", true), ("http://h/v1beta/openai", true), ("http://h/api/paas/v4", true), ("http://h", false),
        ("http://h/version", false), ("http://v1/x", false),
    ])
    func theVersionIsFoundInThePath(_ text: String, _ expected: Bool) throws {
        #expect(try #require(BaseURL(text)).namesVersion == expected)
    }
}
