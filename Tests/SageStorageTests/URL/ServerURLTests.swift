import SageResilience
import Testing

@testable import SageStorage

struct ServerURLTests {
    struct Parts: Sendable, Equatable {
        var host: String?
        var port: Int?
        var user: String?
        var password: String?
        var path = ""
    }

    @Test(arguments: [
        ("", Parts()), ("host", Parts(host: "host")), ("host:1", Parts(host: "host", port: 1)),
        (":65535", Parts(port: 65_535)), ("host/", Parts(host: "host")),
        ("host/a/b%20c", Parts(host: "host", path: "a/b%20c")), ("?x=1", Parts()), ("/db?x=1", Parts(path: "db")),
        ("user@", Parts(user: "user")), ("user:@host", Parts(host: "host", user: "user", password: "")),
        (":word@host", Parts(host: "host", password: "word")), (":@host", Parts(host: "host", password: "")),
        ("@host", Parts(host: "host")),
        (
            "us%40er:p%3Aa%2Fs%25s@ho-st.example:7",
            Parts(host: "ho-st.example", port: 7, user: "us@er", password: "p:a/s%s")
        ),
        ("u:a:b@c@host", Parts(host: "host", user: "u", password: "a:b@c")),
        ("u:p@[::1]:5", Parts(host: "::1", port: 5, user: "u", password: "p")), ("[fe80::1]", Parts(host: "fe80::1")),
        ("%2Fvar%2Frun/db", Parts(host: "/var/run", path: "db")),
    ])
    func takesAURLApart(rest: String, parts: Parts) throws {
        let url = try ServerURL("Scheme://\(rest)", schemes: ["other", "scheme"])
        #expect(url.scheme == "scheme")
        #expect(
            Parts(host: url.host, port: url.port, user: url.user, password: url.password, path: String(url.path))
                == parts)
    }

    @Test(arguments: [
        ("", "url", "of another scheme"), ("scheme:/h", "url", "of another scheme"),
        ("scheme:h://", "url", "of another scheme"), ("http://u:secret@h", "url", "of another scheme"),
        ("scheme://u:se#cret@h", "url", "with a '#'"), ("scheme://h#", "url", "with a '#'"),
        ("scheme://u:se/cret@h", "url", "with an '@' after '/' or '?'"),
        ("scheme://u:se?cret@h", "url", "with an '@' after '/' or '?'"),
        ("scheme://u%zz:secret@h", "user", "wrongly encoded"), ("scheme://u:secret%f@h", "password", "wrongly encoded"),
        ("scheme://u:secret%00@h", "password", "wrongly encoded"), ("scheme://u:secret@h%ff", "host", "'h%ff'"),
        ("scheme://u:secret@[::1", "host", "'[::1'"), ("scheme://u:secret@[::1]1", "port", "'1'"),
        ("scheme://u:secret@h:", "port", "''"), ("scheme://u:secret@h:0", "port", "'0'"),
        ("scheme://u:secret@h:65536", "port", "'65536'"), ("scheme://u:secret@h:+80", "port", "'+80'"),
        ("scheme://u:secret@h:1:2", "port", "'1:2'"), ("scheme://u:secret@h?a=1&a=2", "'a'", "given twice"),
        ("scheme://h/?secret=%", "'secret'", "wrongly encoded"),
        ("scheme://\(String(repeating: "h", count: 1 << 17))", "url", "131081 bytes long"),
    ])
    func namesThePartThatIsWrong(url: String, field: String, value: String) {
        let error = #expect(throws: ConfigurationError.self) { try ServerURL(url, schemes: ["scheme"]) }
        #expect(error?.field == field)
        #expect(error?.value == value)
        #expect(error?.allowed.isEmpty == false)
    }
}
