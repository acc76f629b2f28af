/// Requests for chat completions, and the requests for messages that they become.
///
/// Every case asks the model `m`, whose name tells nothing, unless it says otherwise.
enum ChatToMessagesCases {
    private static func user(_ content: String) -> String { #""messages":[{"role":"user","content":\#(content)}]"# }
    private static let hi = user(#""hi""#)
    private static let sent = #""model":"m","max_tokens":8192,"messages":[{"role":"user","content":"hi"}]"#

    /// A field of a request that says hi, and what it becomes.
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
            name, #"{"model":"m","messages":[\#(input)]}"#, #"{"model":"m","max_tokens":8192,"messages":[\#(output)]}"#,
            dropped: dropped)
    }

    static let settings: [TranslationCase] = [
        TranslationCase("nothing but words", #"{"model":"m",\#(hi)}"#, "{\(sent)}"),
        field("no stream", #""stream":false"#, ""),
        field("stream", #""stream":true,"stream_options":{"include_usage":true}"#, #""stream":true"#),
        field("null is absent", #""temperature":null,"stop":null,"tools":null,"n":null,"user":null"#, ""),
        field("temperature", #""temperature":0.5"#, #""temperature":0.5"#),
        field("temperature above one", #""temperature":1.7"#, #""temperature":1"#),
        field("top_p", #""top_p":0.9"#, #""top_p":0.9"#),
        field("one of two", #""temperature":0.2,"top_p":0.9"#, #""temperature":0.2"#, "top_p"),
        field("top_k", #""top_k":40"#, #""top_k":40"#),
        field("stop", #""stop":"END""#, #""stop_sequences":["END"]"#),
        field("stops", #""stop":["a","\n"," b"]"#, #""stop_sequences":["a"," b"]"#, "stop"),
        field("user", #""user":"u1""#, #""metadata":{"user_id":"u1"}"#),
        field("safety identifier", #""safety_identifier":"s1""#, #""metadata":{"user_id":"s1"}"#),
        field("one choice", #""n":1"#, ""),
        field(
            "what only tunes",
            #""seed":1,"frequency_penalty":0.5,"presence_penalty":-1,"logit_bias":{"5":1},"verbosity":"low""#,
            "", "logit_bias", "verbosity", "frequency_penalty", "presence_penalty", "seed"),
        field(
            "what says nothing",
            #""store":false,"logprobs":false,"service_tier":"auto","modalities":["text"],"presence_penalty":0"#, ""),
        field(
            "what nobody knows", #""metadata":{"a":"b"},"prompt_cache_key":"k","x\r\nevil: 1":1"#, "", "metadata",
            "prompt_cache_key", "x??evil??1"),
        field(
            "JSON", #""response_format":{"type":"json_object"}"#,
            #""system":"Answer with one JSON object and nothing else.""#),
        field("text", #""response_format":{"type":"text"}"#, ""),
        field(
            "schema",
            #""response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{}}}},"required":["a"]}}}"#,
            #""output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}}},"required":["a"],"additionalProperties":false}}}"#
        ),
    ]

    static let limits: [TranslationCase] = [
        TranslationCase(
            "max_tokens", #"{"model":"m",\#(hi),"max_tokens":5}"#,
            #"{"model":"m","max_tokens":5,\#(hi)}"#),
        TranslationCase(
            "the newer name wins", #"{"model":"m",\#(hi),"max_tokens":5,"max_completion_tokens":6}"#,
            #"{"model":"m","max_tokens":6,\#(hi)}"#),
    ]

    private static let tool =
        #"{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"x":{"type":"integer"}}}}}"#
    private static let anthropicTool =
        #"{"name":"f","description":"d","input_schema":{"type":"object","properties":{"x":{"type":"integer"}}}}"#

    static let tools: [TranslationCase] = [
        field("tool", #""tools":[\#(tool)]"#, #""tools":[\#(anthropicTool)]"#),
        field(
            "tool without parameters", #""tools":[{"type":"function","function":{"name":"f"}}]"#,
            #""tools":[{"name":"f","input_schema":{"type":"object","properties":{}}}]"#),
        field(
            "strict tool",
            #""tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"properties":{}}}}]"#,
            #""tools":[{"name":"f","strict":true,"input_schema":{"type":"object","properties":{},"additionalProperties":false}}]"#
        ),
        field(
            "auto", #""tools":[\#(tool)],"tool_choice":"auto""#,
            #""tools":[\#(anthropicTool)],"tool_choice":{"type":"auto"}"#),
        field(
            "none", #""tools":[\#(tool)],"tool_choice":"none""#,
            #""tools":[\#(anthropicTool)],"tool_choice":{"type":"none"}"#),
        field(
            "required", #""tools":[\#(tool)],"tool_choice":"required","parallel_tool_calls":false"#,
            #""tools":[\#(anthropicTool)],"tool_choice":{"type":"any","disable_parallel_tool_use":true}"#),
        field(
            "one tool", #""tools":[\#(tool)],"tool_choice":{"type":"function","function":{"name":"f"}}"#,
            #""tools":[\#(anthropicTool)],"tool_choice":{"type":"tool","name":"f"}"#),
        field(
            "one at a time", #""tools":[\#(tool)],"parallel_tool_calls":false"#,
            #""tools":[\#(anthropicTool)],"tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#),
        field("several at once", #""tools":[\#(tool)],"parallel_tool_calls":true"#, #""tools":[\#(anthropicTool)]"#),
        field(
            "allowed tools",
            #""tools":[\#(tool),{"type":"function","function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}"#,
            #""tools":[\#(anthropicTool)],"tool_choice":{"type":"any"}"#),
        field("choice without tools", #""tools":[],"tool_choice":"required""#, "", "tool_choice"),
    ]

    private static let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}"#

    static let conversation: [TranslationCase] = [
        TranslationCase(
            "prompt", #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}"#,
            #"{\#(sent),"system":"s"}"#),
        TranslationCase(
            "prompts anywhere",
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"},{"role":"developer","content":[{"type":"text","text":"d"}]}]}"#,
            #"{\#(sent),"system":[{"type":"text","text":"s"},{"type":"text","text":"d"}]}"#),
        TranslationCase(
            "prompt alone", #"{"model":"m","messages":[{"role":"system","content":"hi"}]}"#, "{\(sent)}"),
        messages(
            "turns are merged", #"{"role":"user","content":"a"},{"role":"user","content":"b"}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#),
        messages(
            "empty turns vanish",
            #"{"role":"user","content":"a"},{"role":"assistant","content":" "},{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"b"}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#),
        messages(
            "assistant begins, and ends with spaces", #"{"role":"assistant","content":"a: \n"}"#,
            #"{"role":"user","content":"Please begin."},{"role":"assistant","content":"a:"}"#),
        messages(
            "names", #"{"role":"user","content":"a","name":"Eve"}"#, #"{"role":"user","content":"a"}"#,
            "messages[].name"),
        messages(
            "refusal", #"{"role":"user","content":"a"},{"role":"assistant","content":null,"refusal":"no"}"#,
            #"{"role":"user","content":"a"},{"role":"assistant","content":"no"}"#),
        messages(
            "calls and results in a row",
            #"{"role":"user","content":"a"},{"role":"assistant","content":"wait","tool_calls":[\#(call),{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"c1","content":"1"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"2"}]},{"role":"user","content":"and?"}"#,
            #"{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"text","text":"wait"},{"type":"tool_use","id":"c1","name":"f","input":{"x":1}},{"type":"tool_use","id":"c2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"1"},{"type":"tool_result","tool_use_id":"c2","content":"2"},{"type":"text","text":"and?"}]}"#
        ),
        messages(
            "results come before words",
            #"{"role":"assistant","content":null,"tool_calls":[\#(call)]},{"role":"user","content":"a"},{"role":"tool","tool_call_id":"c1","content":""}"#,
            #"{"role":"user","content":"Please begin."},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"x":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1"},{"type":"text","text":"a"}]}"#
        ),
        messages(
            "arguments that are no object",
            #"{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"functions.f:0","function":{"name":"f","arguments":"{\"x\": "}},{"id":"c","function":{"name":"f","arguments":"[1]"}}]},{"role":"tool","tool_call_id":"functions.f:0","content":"?"}"#,
            #"{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_4be0e962e9dcd7b83f9adeb2d8baac34","name":"f","input":{"INVALID_JSON":"{\"x\": "}},{"type":"tool_use","id":"c","name":"f","input":{"INVALID_JSON":"[1]"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_4be0e962e9dcd7b83f9adeb2d8baac34","content":"?"}]}"#
        ),
        messages(
            "thinking comes back with its signature",
            #"{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"}]}"#,
            #"{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"b"}]}"#
        ),
        messages(
            "thinking of others stays away",
            #"{"role":"user","content":"a"},{"role":"assistant","content":"b","reasoning_content":"hm"}"#,
            #"{"role":"user","content":"a"},{"role":"assistant","content":"b"}"#, "reasoning_content"),
    ]

    static let media: [TranslationCase] = [
        messages(
            "image as data",
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"high"}},{"type":"text","text":"what?","cache_control":{"type":"ephemeral"}}]}"#,
            #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},{"type":"text","text":"what?"}]}"#,
            "image_url.detail", "cache_control"),
        messages(
            "image of the web",
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://h/i.png"}}]}"#,
            #"{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://h/i.png"}}]}"#),
        messages(
            "jpg is jpeg",
            #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"DATA:image/JPG;charset=x;base64,AAAA","detail":"auto"}}]}"#,
            #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"AAAA"}}]}"#
        ),
        messages(
            "PDF",
            #"{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}},{"type":"file","file":{"filename":"b.PDF","file_data":"BBBB"}}]}"#,
            #"{"role":"user","content":[{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"}},{"type":"document","title":"b.PDF","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}}]}"#
        ),
        messages(
            "document of text",
            #"{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/csv;base64,YSzDpA=="}}]}"#,
            #"{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"a,ä"}}]}"#
        ),
        messages(
            "image in a result",
            #"{"role":"user","content":"a"},{"role":"assistant","tool_calls":[\#(call)]},{"role":"tool","tool_call_id":"c1","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"data:image/gif;base64,AAAA"}}]}"#,
            #"{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"f","input":{"x":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"see"},{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"AAAA"}}]}]}"#
        ),
    ]

    static let refused: [RefusalCase] = [
        RefusalCase("[]", nil, "an object is expected, found an array"),
        RefusalCase("{}", "messages", "at least one message"),
        RefusalCase(#"{"messages":[]}"#, "messages", "at least one message"),
        RefusalCase(#"{"messages":[7]}"#, "messages[0]", "an object is expected, found a number"),
        RefusalCase(#"{"messages":[{"content":"x"}]}"#, "messages[0].role", "a string is required"),
        RefusalCase(#"{"messages":[{"role":"function","content":"x"}]}"#, "messages[0].role", #""function" cannot"#),
        RefusalCase(#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content", "a string or an array"),
        RefusalCase(
            #"{"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"video"}]}]}"#,
            "messages[1].content[0].type", #""video" cannot be carried over"#),
        RefusalCase(
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"ftp://x"}}]}]}"#,
            "messages[0].content[0].image_url.url", "a data URL"),
        RefusalCase(
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/tiff;base64,AA"}}]}]}"#,
            "messages[0].content", "JPEG, PNG, GIF and WebP"),
        RefusalCase(
            #"{"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]}]}"#,
            "messages[1].content", "Anthropic takes no audio"),
        RefusalCase(
            #"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]}"#,
            "messages[0].content[0].file.file_id", "an uploaded file stays"),
        RefusalCase(
            #"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:application/zip;base64,AA"}}]}]}"#,
            "messages[0].content", "PDF and text"),
        RefusalCase(
            #"{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,/w=="}}]}]}"#,
            "messages[0].content", "text in UTF-8"),
        RefusalCase(
            #"{"messages":[{"role":"assistant","tool_calls":[{"id":"","function":{"name":"f","arguments":"{}"}}]}]}"#,
            "messages[0].tool_calls[0].id", "must not be empty"),
        RefusalCase(
            #"{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"custom","custom":{}}]}]}"#,
            "messages[0].tool_calls[0].type", "allowed is function"),
        RefusalCase(#"{"messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id", "required"),
        RefusalCase(#"{"messages":[{"role":"user","content":" "}]}"#, "messages", "not empty"),
        RefusalCase(#"{\#(hi),"n":2}"#, "n", "one choice"),
        RefusalCase(#"{\#(hi),"n":0}"#, "n", "from 1 to 128"),
        RefusalCase(#"{\#(hi),"temperature":3}"#, "temperature", "from 0.0 to 2.0"),
        RefusalCase(#"{\#(hi),"max_tokens":1.5}"#, "max_tokens", "a whole number from 1"),
        RefusalCase(#"{\#(hi),"stop":7}"#, "stop", "a string or an array"),
        RefusalCase(#"{\#(hi),"stop":["a",7]}"#, "stop", "strings are expected"),
        RefusalCase(#"{\#(hi),"logprobs":true}"#, "logprobs", "cannot be carried over"),
        RefusalCase(#"{\#(hi),"modalities":["text","audio"]}"#, "modalities", "only answers of text"),
        RefusalCase(#"{\#(hi),"functions":[{"name":"f"}]}"#, "functions", "replaced by tools"),
        RefusalCase(#"{\#(hi),"web_search_options":{}}"#, "web_search_options", "OpenAI's own"),
        RefusalCase(#"{\#(hi),"reasoning_effort":"huge"}"#, "reasoning_effort", "none, minimal, low"),
        RefusalCase(
            #"{\#(hi),"tools":[{"type":"custom","custom":{"name":"c"}}]}"#, "tools[0].type", "allowed is function"),
        RefusalCase(#"{\#(hi),"tools":[{"type":"function"}]}"#, "tools[0].function", "an object is required"),
        RefusalCase(#"{\#(hi),"tool_choice":"any"}"#, "tool_choice", "auto, none, required"),
        RefusalCase(
            #"{\#(hi),"tool_choice":{"type":"custom","custom":{"name":"c"}}}"#, "tool_choice.type", "allowed_tools"),
        RefusalCase(
            #"{\#(hi),"response_format":{"type":"grammar"}}"#, "response_format.type", "json_schema"),
        RefusalCase(
            #"{\#(hi),"response_format":{"type":"json_schema","json_schema":{"name":"n"}}}"#,
            "response_format.json_schema.schema", "required"),
    ]
}
