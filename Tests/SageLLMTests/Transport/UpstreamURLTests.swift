import NIOCore
import Testing

@testable import SageLLM

struct UpstreamURLTests {
    @Test(arguments: [
        ("http://h", UpstreamOrigin(isSecure: false, host: "h", port: 80), "/", "h"),
        ("https://H.example/", UpstreamOrigin(isSecure: true, host: "h.example", port: 443), "/", "h.example"),
        ("HTTPS://h:8443/a/b?c=d&e#f", UpstreamOrigin(isSecure: true, host: "h", port: 8_443), "/a/b?c=d&e", "h:8443"),
        ("http://h:80?x=1", UpstreamOrigin(isSecure: false, host: "h", port: 80), "/?x=1", "h"),
        ("http://h:/a", UpstreamOrigin(isSecure: false, host: "h", port: 80), "/a", "h"),
        (
            "http://127.0.0.1:11434/v1", UpstreamOrigin(isSecure: false, host: "127.0.0.1", port: 11_434), "/v1",
            "127.0.0.1:11434"
        ),
        ("http://[::1]:8080/", UpstreamOrigin(isSecure: false, host: "::1", port: 8_080), "/", "[::1]:8080"),
        ("http://h/a:b@c", UpstreamOrigin(isSecure: false, host: "h", port: 80), "/a:b@c", "h"),
    ])
    func partsOfAURL(text: String, origin: UpstreamOrigin, path: String, host: String) throws {
        let url = try UpstreamURL(text)
        #expect(url.origin == origin)
        #expect(String(buffer: url.requestLine) == " \(path) HTTP/1.1\r\n")
        #expect(String(buffer: url.hostField) == "host: \(host)\r\n")
    }

    @Test(arguments: [
        "", "h", "/v1", "//h/", "ftp://h/", "http:/h", "http://", "http://:80/", "http://h:0/", "http://h:65536/",
        "http://h:8x/", "http://h:123456/", "http://[::1/", "http://[::1]x/", "http://[h]/", "http://a b/",
        "http://h/a b",
        "http://h/\r\nx: y", "http://h/\u{0}", "http://h/\u{E4}", "http://user@h/", "http://user:secret@h/",
        "http://h%41/",
        "http://\(String(repeating: "h", count: 254))/",
    ])
    func invalidURLsAreRefusedWithoutRepeatingThem(text: String) {
        do throws(UpstreamFailure) {
            _ = try UpstreamURL(text)
            Issue.record("accepted: \(text)")
        } catch {
            guard case .invalidRequest(let detail) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!detail.contains("secret"))
        }
    }
}
