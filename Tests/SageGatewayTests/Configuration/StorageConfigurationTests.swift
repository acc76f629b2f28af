import SageLLM
import Testing

@testable import SageGateway

struct StorageConfigurationTests {
    @Test(arguments: [
        (
            "storage: { state: x }",
            "1:19: storage.state: is x; allowed is an address such as sqlite:sage.db, redis://host:6379/0 or local"
        ),
        (
            "storage: { sessions: 'redis://h' }",
            "1:22: storage.sessions: is redis://h; allowed is an address such as sqlite:sage.db or "
                + "postgres://user:password@host:5432/db"
        ),
        (
            "storage: { memory: 'postgres://u:secret@h:99999/db' }",
            "1:20: storage.memory: has a value that is not shown here; allowed is an address such as sqlite:sage.db "
                + "or postgres://user:password@host:5432/db"
        ),
        (
            "storage: { sessions: 'sqlite:' }",
            "1:22: storage.sessions: is sqlite:; allowed is an address such as sqlite:sage.db or "
                + "postgres://user:password@host:5432/db"
        ),
        (
            "storage: { sessions: 'sqlite:a.db?mode=ro' }",
            "1:22: storage.sessions: is sqlite:a.db?mode=ro, but a file takes no options here; allowed is a path "
                + "without '?' and '#', such as sqlite:sage.db"
        ),
        (
            "storage: { state: 'SQLite:a.db#x' }",
            "1:19: storage.state: is SQLite:a.db#x, but a file takes no options here; allowed is a path without '?' "
                + "and '#', such as sqlite:sage.db"
        ),
        (
            "storage: { retention: { sessions: 1s } }",
            "1:35: storage.retention.sessions: is 1s; allowed is 60s to 36500d, for example 90d, or off"
        ),
        (
            "storage: { retention: { maxBytes: 10 } }",
            "1:35: storage.retention.maxBytes: is 10; allowed is 1048576 to 1125899906842624 bytes, "
                + "for example 10GiB, or off"
        ),
        ("storage: { shared: { quorum: 0 } }", "1:30: storage.shared.quorum: is 0; allowed is 1 to 1000"),
        (
            "storage: { shared: { timeout: 0s } }",
            "1:31: storage.shared.timeout: is 0s; allowed is 1ms to 60s, for example 1.5s, 500ms or 2m"
        ),
        (
            "storage: { state: local, shared: { sharedLimits: true } }",
            "1:50: storage.shared.sharedLimits: is true; it needs a storage.state that instances share: "
                + "sqlite or redis, not local"
        ),
        ("memory: { recall: { k: -1 } }", "1:24: memory.recall.k: is -1; allowed is 1 to 100"),
        (
            "memory: { recall: { mode: words } }",
            "1:27: memory.recall.mode: is words; allowed is hybrid, vector, text"
        ),
        ("memory: { save: all }", "1:17: memory.save: is all; allowed is off, user, turn"),
        (
            "memory: { embeddings: {} }",
            "1:23: memory.embeddings.model: is missing; allowed is 1 to 256 characters without control characters or "
                + "surrounding spaces"
        ),
        (
            "memory: { embeddings: { model: nothing } }",
            "1:32: memory.embeddings.model: is nothing, but there is no such model; allowed is a name of `models`, "
                + "or provider/model"
        ),
        (
            "agent: { model: opena/x }",
            "1:17: agent.model: is opena/x, but there is no such model; allowed is a name of `models`, "
                + "or provider/model"
        ),
        ("agent: { tools: [{ name: a }] }", "1:18: agent.tools[0].url: is missing; allowed is \(BaseURL.allowed)"),
        (
            "agent: { tools: [{ name: memory_save, url: 'http://h' }] }",
            "1:26: agent.tools[0].name: is memory_save, a tool of Sage's own; set agent.memoryTools to offer it"
        ),
        (
            "agent: { tools: [{ name: a, url: 'http://h' }, { name: a, url: 'http://h' }] }",
            "1:56: agent.tools[1].name: is a, the name of another tool already"
        ),
        (
            "agent: { tools: [{ name: a.b, url: 'http://h' }] }",
            "1:26: agent.tools[0].name: is a.b; allowed is 1 to 64 of the characters A-Z a-z 0-9 _ -"
        ),
        (
            "agent: { tools: [{ name: a, url: 'http://h', parameters: { type: string } }] }",
            "1:58: agent.tools[0].parameters: is not the schema of an object; allowed is a JSON Schema of an object, "
                + "for example { type: object, properties: { city: { type: string } } }"
        ),
    ])
    func aWrongSettingIsNamedWithItsPlace(_ yaml: String, _ line: String) {
        #expect(complaints(yaml + "\n" + minimalFile) == ["sage.yaml:" + line])
    }

    @Test func everythingIsInOneFileOfTheDataDirectoryByDefault() throws {
        let configuration = try load(minimalFile)
        for address in [configuration.storage.state, configuration.storage.sessions, configuration.storage.memory] {
            #expect(address.resolved(in: configuration.dataDirectory) == .sqlite(path: ".sage/sage.db"))
        }
    }

    @Test(arguments: [
        ("sqlite:a.db", "/d/a.db"), ("sqlite:./x/a.db", "/d/x/a.db"), ("sqlite:/var/a.db", "/var/a.db"),
        ("sqlite:///var/a.db", "/var/a.db"), ("SQLite:a b.db", "/d/a b.db"),
    ])
    func relativePathsStartAtTheDataDirectory(_ text: String, _ path: String) throws {
        let address = try #require(StoreAddress(text, [.sqlite]))
        #expect(address.resolved(in: "/d") == .sqlite(path: path))
        #expect(address.resolved(in: "/d/") == .sqlite(path: path))
    }

    @Test func noWayOfPrintingAnAddressShowsItsPassword() throws {
        let configuration = try load(
            minimalFile + """
                storage:
                  state: redis://:hunter2@cache:6379/1
                  sessions: postgres://sage:hunter2@db:5432/sage?sslmode=require
                  memory: postgresql://db/sage?user=sage&password=hunter2

                """)
        let yaml = configuration.effectiveYAML
        for text in [yaml, configuration.effectiveJSON, "\(configuration)", String(reflecting: configuration.storage)] {
            #expect(!text.contains("hunter2"))
        }
        #expect(yaml.contains("sessions: \"postgres://sage:[redacted]@db:5432/sage?sslmode=require\""))
        #expect(configuration.storage.sessions.publicDescription == "postgres://db:5432/sage")
        #expect(configuration.storage.memory.publicDescription == "postgresql://db/sage")
        guard case .redis(let url) = configuration.storage.state else {
            Issue.record("no address of Redis")
            return
        }
        #expect(url.reveal() == "redis://:hunter2@cache:6379/1")
    }

    @Test func aToolsSchemaIsReadAsJSON() throws {
        let configuration = try load(
            minimalFile + """
                agent:
                  model: openai/gpt-5-mini
                  tools:
                    - name: weather
                      url: http://127.0.0.1:1/weather
                      headers: { authorization: "Bearer abc" }
                      repeatable: true
                      parameters:
                        type: object
                        properties:
                          city: { type: string, enum: [Rome, '1', 1, true, null] }
                          "$$ref": { minimum: 1.5 }
                        additionalProperties: false

                """)
        let tool = try #require(configuration.agent.tools.first)
        #expect(
            tool.parameters
                == (try JSONValue(
                    parsing: #"""
                        {"type":"object","properties":{"city":{"type":"string","enum":["Rome","1",1,true,null]},
                        "$$ref":{"minimum":1.5}},"additionalProperties":false}
                        """#)))
        #expect(tool.repeatable)
        var expected = configuration
        expected.agent.tools[0].headers["authorization"] = Secret(Secret.placeholder)
        expected.providers["openai"]?.apiKey = Secret(Secret.placeholder)
        #expect(try load(configuration.effectiveYAML) == expected)
    }
}
