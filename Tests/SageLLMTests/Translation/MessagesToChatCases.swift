/// Requests for messages, and the requests for chat completions that they become.
enum MessagesToChatCases {
    private static let hi = #""max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#
    private static let sent = #""model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#

    private static func field(
        _ name: String, _ input: String, _ output: String, _ dropped: String...
    ) -> TranslationCase {
        let output = output.isEmpty ? "" : ",\(output)"
        return TranslationCase(
            name, #"{"model":"m",\#(hi),\#(input)}"#, "{\(sent)\(output)}", dropped: dropped)
    }

    private static func messages(
        _ name: String, _ input: String, _ output: String, _ dropped: String...
    ) -> TranslationCase {
        TranslationCase(
            name, #"{"model":"m","max_tokens":9,"messages":[\#(input)]}"#,
            #"{"model":"m","max_tokens":9,"messages":[\#(output)]}"#, dropped: dropped)
    }

    static let settings: [TranslationCase] = [
        TranslationCase("nothing but words", #"{"model":"m",\#(hi)}"#, "{\(sent)}"),
        TranslationCase(
            "new name of the limit", #"{"model":"gpt-5-mini",\#(hi)}"#,
            #"{"model":"gpt-5-mini","max_completion_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#),
        field("stream", #""stream":true"#, #""stream":true,"stream_options":{"include_usage":true}"#),
        field("sampling", #""temperature":0.5,"top_p":0.9,"top_k":4"#, #""temperature":0.5,"top_p":0.9"#, "top_k"),
        field("stops", #""stop_sequences":["a","b"]"#, #""stop":["a","b"]"#),
        field("user", #""metadata":{"user_id":"u1"}"#, #""user":"u1""#),
        field(
            "user who is too long", #""metadata":{"user_id":"\#(String(repeating: "u", count: 65))"}"#, "", "user"),
        field(
            "what nobody knows", #""cache_control":{"type":"ephemeral"},"service_tier":"auto","speed":"fast","news":1"#,
            "",
            "cache_control", "speed", "news"),
        field("budget", #""thinking":{"type":"enabled","budget_tokens":1024}"#, #""reasoning_effort":"low""#),
        field("larger budget", #""thinking":{"type":"enabled","budget_tokens":8000}"#, #""reasoning_effort":"medium""#),
        field("largest budget", #""thinking":{"type":"enabled","budget_tokens":31999}"#, #""reasoning_effort":"high""#),
        field("own choice", #""thinking":{"type":"adaptive"}"#, ""),
        field("no thinking", #""thinking":{"type":"disabled"}"#, "", "thinking"),
        field("thinking between tools", #""thinking":{"type":"between_tools"}"#, "", "thinking"),
        field(
            "effort", #""thinking":{"type":"adaptive"},"output_config":{"effort":"max"}"#, #""reasoning_effort":"max""#),
        field(
            "schema",
            #""output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}"#,
            #""response_format":{"type":"json_schema","json_schema":{"name":"response","strict":true,"schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}}}"#
        ),
        field(
            "schema that OpenAI cannot be strict about, in the older field",
            #""output_format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}"#,
            #""response_format":{"type":"json_schema","json_schema":{"name":"response","schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}}"#
        ),
    ]

    private static let tool = #"{"name":"f","description":"d","input_schema":{"type":"object"}}"#
    private static let function =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}"#

    static let tools: [TranslationCase] = [
        field("tool", #""tools":[\#(tool)]"#, #""tools":[\#(function)]"#),
        field(
            "strict tools",
            #""tools":[{"type":"custom","name":"f","strict":true,"input_schema":{"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false}},{"name":"g","strict":true,"cache_control":{"type":"ephemeral"},"defer_loading":true,"input_schema":{"type":"object","properties":{"a":{}}}}]"#,
            #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{"a":{}},"required":["a"],"additionalProperties":false}}},{"type":"function","function":{"name":"g","parameters":{"type":"object","properties":{"a":{}}}}}]"#,
            "cache_control", "tools[].defer_loading", "tools[].strict"),
        field(
            "auto", #""tools":[\#(tool)],"tool_choice":{"type":"auto"}"#,
            #""tools":[\#(function)],"tool_choice":"auto""#),
        field(
            "none", #""tools":[\#(tool)],"tool_choice":{"type":"none"}"#,
            #""tools":[\#(function)],"tool_choice":"none""#),
        field(
            "any, one at a time", #""tools":[\#(tool)],"tool_choice":{"type":"any","disable_parallel_tool_use":true}"#,
            #""tools":[\#(function)],"tool_choice":"required","parallel_tool_calls":false"#),
        field(
            "one tool", #""tools":[\#(tool)],"tool_choice":{"type":"tool","name":"f"}"#,
            #""tools":[\#(function)],"tool_choice":{"type":"function","function":{"name":"f"}}"#),
        field("choice without tools", #""tool_choice":{"type":"any"}"#, "", "tool_choice"),
    ]

    private static let use = #"{"type":"tool_use","id":"t1","name":"f","input":{"b":1,"a":[]}}"#
    private static let call = #"{"id":"t1","type":"function","function":{"name":"f","arguments":"{\"b\":1,\"a\":[]}"}}"#

    static let conversation: [TranslationCase] = [
        TranslationCase(
            "prompts are one",
            #"{"model":"m","max_tokens":9,"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}],"messages":[{"role":"user","content":"hi"},{"role":"system","content":"c"}]}"#,
            #"{"model":"m","max_tokens":9,"messages":[{"role":"system","content":"a\n\nb\n\nc"},{"role":"user","content":"hi"}]}"#,
            dropped: ["cache_control"]),
        messages(
            "blocks", #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#),
        messages("nothing", #"{"role":"user","content":[]}"#, #"{"role":"user","content":""}"#),
        messages(
            "calls between words",
            #"{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},\#(use),{"type":"text","text":"c"}]}"#,
            #"{"role":"assistant","content":"ab\n\nc","tool_calls":[\#(call)]}"#),
        messages(
            "call alone",
            #"{"role":"assistant","content":[{"type":"tool_use","id":"t2","name":"g","input":{"INVALID_JSON":"{\"x"}}]}"#,
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"t2","type":"function","function":{"name":"g","arguments":"{\"x"}}]}"#
        ),
        messages(
            "results, one of them an error",
            #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"1"},{"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"type":"text","text":"and?"}]}"#,
            #"{"role":"tool","content":"1","tool_call_id":"t1"},{"role":"tool","content":"Error: a\nb","tool_call_id":"t2"},{"role":"user","content":"and?"}"#
        ),
        messages(
            "result without words, and a long id",
            #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(String(repeating: "t", count: 41))"}]}"#,
            #"{"role":"tool","content":"","tool_call_id":"call_92faaf105336a26392faaf105336a263"}"#),
        messages(
            "image in a result",
            #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]}"#,
            #"{"role":"tool","content":"(1 of its parts follow in the next message.)","tool_call_id":"t1"},{"role":"user","content":[{"type":"text","text":"What the tool call t1 has returned:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}"#
        ),
        messages(
            "thinking",
            #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"a"}]}"#,
            #"{"role":"assistant","content":"a"}"#, "redacted_thinking", "thinking"),
        messages(
            "thinking before calls",
            #"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},\#(use)]}"#,
            #"{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[\#(call)]}"#),
        TranslationCase(
            "thinking before calls for OpenAI, which refuses it",
            #"{"model":"gpt-5","max_tokens":9,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},\#(use)]}]}"#,
            #"{"model":"gpt-5","max_completion_tokens":9,"messages":[{"role":"assistant","content":null,"tool_calls":[\#(call)]}]}"#,
            dropped: ["thinking"]),
        messages(
            "images and documents",
            #"{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://h/i"}},{"type":"document","title":"t.pdf","context":"c","citations":{"enabled":true},"source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}},{"type":"document","title":"t","source":{"type":"text","media_type":"text/plain","data":"words"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"more"}]}},{"type":"search_result","title":"t","source":"s","content":[{"type":"text","text":"found"}]}]}"#,
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/i"}},{"type":"file","file":{"filename":"t.pdf","file_data":"data:application/pdf;base64,AAAA"}},{"type":"text","text":"t"},{"type":"text","text":"words"},{"type":"text","text":"more"},{"type":"text","text":"t\ns"},{"type":"text","text":"found"}]}"#,
            "citations", "document.context"),
    ]

    static let refused: [RefusalCase] = [
        RefusalCase("7", nil, "an object is expected, found a number"),
        RefusalCase(#"{"messages":[{"role":"user","content":"x"}]}"#, "max_tokens", "required"),
        RefusalCase(#"{"max_tokens":0}"#, "max_tokens", "a whole number from 1"),
        RefusalCase(#"{"max_tokens":1}"#, "messages", "at least one message"),
        RefusalCase(
            #"{"max_tokens":1,"messages":[{"role":"tool","content":"x"}]}"#, "messages[0].role", "user, assistant"),
        RefusalCase(
            #"{"max_tokens":1,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"server_tool_use","id":"x"}]}]}"#,
            "messages[1].content[0].type", #""server_tool_use" cannot be carried over"#),
        RefusalCase(
            #"{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}"#,
            "messages[0].content[0].source.type", "an uploaded file stays"),
        RefusalCase(
            #"{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://h"}}]}]}"#,
            "messages[0].content", "not as an address"),
        RefusalCase(
            #"{"max_tokens":1,"messages":[{"role":"assistant","content":[{"type":"image","source":{"type":"url","url":"https://h"}}]}]}"#,
            "messages[0].content", "from an assistant only"),
        RefusalCase(
            #"{"max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result","content":"x"}]}]}"#,
            "messages[0].content[0].tool_use_id", "required"),
        RefusalCase(
            #"{\#(hi),"system":[{"type":"image","source":{"type":"url","url":"u"}}]}"#, "system[0].type", "a text"),
        RefusalCase(#"{\#(hi),"temperature":1.5}"#, "temperature", "from 0.0 to 1.0"),
        RefusalCase(#"{\#(hi),"stop_sequences":["a","b","c","d","e"]}"#, "stop_sequences", "at most 4"),
        RefusalCase(#"{\#(hi),"stop_sequences":[7]}"#, "stop_sequences[0]", "a string is expected"),
        RefusalCase(#"{\#(hi),"container":"c"}"#, "container", "stay with Anthropic"),
        RefusalCase(#"{\#(hi),"mcp_servers":[{"url":"u"}]}"#, "mcp_servers", "called by Anthropic"),
        RefusalCase(#"{\#(hi),"inference_geo":"eu"}"#, "inference_geo", "region"),
        RefusalCase(
            #"{\#(hi),"tools":[{"type":"web_search_20250305","name":"web_search"}]}"#, "tools[0].type",
            "a tool of Anthropic's own"),
        RefusalCase(#"{\#(hi),"tools":[{"name":"f"}]}"#, "tools[0].input_schema", "required"),
        RefusalCase(
            #"{\#(hi),"tools":[{"name":"\#(String(repeating: "n", count: 65))","input_schema":{}}]}"#, "tools[0].name",
            "at most 64"),
        RefusalCase(#"{\#(hi),"tool_choice":{"type":"some"}}"#, "tool_choice.type", "auto, any, tool or none"),
        RefusalCase(#"{\#(hi),"thinking":{"type":"enabled"}}"#, "thinking.budget_tokens", "required"),
        RefusalCase(#"{\#(hi),"thinking":{"type":"deep"}}"#, "thinking.type", "adaptive"),
        RefusalCase(#"{\#(hi),"output_config":{"effort":"vast"}}"#, "output_config.effort", "low, medium"),
        RefusalCase(#"{\#(hi),"output_config":{"format":{"type":"xml"}}}"#, "output_config.format.type", "json_schema"),
    ]
}
