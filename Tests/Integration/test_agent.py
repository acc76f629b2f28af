"""Conversations that survive: /chat over real processes that are killed at the worst moments."""

import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from harness import WORDS, Gateway, eventually, free_port, policy, provider, target


@pytest.fixture
def serve(primary, secondary, servers, tmp_path):
    """Starts gateways with one model `chat` at the first mock, all over the same data directory.

    `data` is another one; `variables` are of their environment.
    """

    def serve(
        *, name="agent", port=None, ready=True, data=None, variables=None, policy=policy(),
        storage=None, keys=None, memory=None, server=None, telemetry=None, **agent,
    ):
        configuration = {
            "server": {"host": "127.0.0.1", "shutdownGrace": "3s"} | (server or {}),
            "providers": {"primary": provider(primary)},
            "models": {"chat": {"targets": [target("primary")]}},
            "policies": {"default": policy},
            "agent": agent,
        }
        sections = {"storage": storage, "keys": keys, "memory": memory, "telemetry": telemetry}
        for key, value in sections.items():
            if value is not None:
                configuration[key] = value
        arguments = ("--data-dir", str(data or tmp_path / "data"))
        gateway = Gateway(tmp_path, configuration, *arguments, name=name, port=port, **(variables or {}))
        servers.append(gateway)
        return gateway.wait_until_ready() if ready else gateway

    return serve


def chat(gateway, message, **options):
    return gateway.http.post("/chat", json={"message": message} | options)


def events(response):
    """The events of a stream as pairs of type and data, as they come."""
    kind = None
    for line in response.iter_lines():
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("data: "):
            yield kind, json.loads(line[6:])


def stream(gateway, message, **options):
    with gateway.http.stream("POST", "/chat", json={"message": message, "stream": True} | options) as response:
        assert response.status_code == 200, response.read()
        return list(events(response))


def read_some(gateway, message, deltas, **options):
    """The text of a stream up to so many deltas; the connection is then closed."""
    text, session, count = "", None, 0
    try:
        with gateway.http.stream("POST", "/chat", json={"message": message, "stream": True} | options) as response:
            for kind, data in events(response):
                session = data.get("session_id", session)
                if kind == "delta":
                    text += data["text"]
                    count += 1
                    if count == deltas:
                        break
    except httpx.TransportError:
        pass
    return session, text


def kill(gateway):
    gateway.process.send_signal(signal.SIGKILL)
    gateway.process.wait()


def session(gateway, name):
    answer = gateway.http.get(f"/sessions/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def interrupted(gateway):
    return [item["id"] for item in gateway.http.get("/sessions", params={"state": "interrupted"}).json()["sessions"]]


def test_a_conversation_goes_on(serve, primary):
    gateway = serve()
    primary.replies("hello there")
    first = chat(gateway, "hi", session_id="s").json()
    assert first["reply"] == "hello there" and first["session_id"] == "s"
    assert first["target"] == "primary/gpt-5-mini" and first["usage"]["output_tokens"] > 0
    chat(gateway, "and now?", session_id="s").raise_for_status()
    sent = json.loads(primary.requests()[-1]["body"])["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "user"]
    assert session(gateway, "s")["message_count"] == 4


def test_a_stream_tells_what_happens(serve, primary):
    gateway = serve()
    primary.replies()
    seen = stream(gateway, "hi")
    assert seen[0][0] == "session" and seen[-1][0] == "done"
    assert "".join(data["text"] for kind, data in seen if kind == "delta") == WORDS == seen[-1][1]["reply"]


def test_the_same_key_is_paid_for_once(serve, primary):
    gateway = serve()
    primary.replies("once")
    first = chat(gateway, "hi", session_id="s", idempotency_key="k").json()
    again = chat(gateway, "hi", session_id="s", idempotency_key="k").json()
    assert first["reply"] == again["reply"] == "once" and primary.count == 1
    other = chat(gateway, "something else", session_id="s", idempotency_key="k")
    assert other.status_code == 409 and other.json()["error"]["code"] == "conflict"
    # Without a session the key finds the one that it has made.
    new = chat(gateway, "hi", idempotency_key="n").json()
    assert chat(gateway, "hi", idempotency_key="n").json()["session_id"] == new["session_id"]
    assert primary.count == 2


def test_a_client_that_goes_away_loses_nothing(serve, primary):
    gateway = serve()
    primary.replies(eventDelay="100ms")
    name, seen = read_some(gateway, "hi", 2, session_id="s", idempotency_key="k")
    assert name == "s" and WORDS.startswith(seen)
    again = chat(gateway, "hi", session_id="s", idempotency_key="k").json()
    assert again["reply"] == WORDS and primary.count == 1


def test_a_second_turn_waits_its_turn(serve, primary):
    gateway = serve()
    # Long enough for the first turn to be still under way, however late the second one comes.
    primary.replies(eventDelay="600ms")
    read_some(gateway, "hi", 1, session_id="s")
    assert chat(gateway, "me too", session_id="s").status_code == 409
    eventually(lambda: session(gateway, "s")["state"] == "idle", what="the end of the turn")


def test_what_was_seen_before_a_crash_is_there_afterwards(serve, primary):
    gateway = serve()
    primary.replies(eventDelay="700ms")
    seen = []

    def watch():
        seen.append(read_some(gateway, "hi", 100, session_id="s", idempotency_key="k"))

    reader = threading.Thread(target=watch)
    reader.start()
    primary.requests(wait=1)
    partial = eventually(
        lambda: next(
            (m["content"] for m in session(gateway, "s")["messages"] if m["role"] == "assistant"), None
        ),
        what="a partial answer",
    )
    kill(gateway)
    reader.join()
    text = seen[0][1]
    assert text and WORDS.startswith(text)

    after = serve(name="after", port=gateway.port)
    assert interrupted(after) == ["s"]
    kept = session(after, "s")["messages"][-1]
    assert kept["role"] == "assistant" and kept["interrupted"]
    # Each piece came 700 ms after the one before: all but the last one must be durable.
    assert kept["content"].startswith(partial.rstrip()) and text.startswith(kept["content"].rstrip())
    assert len(kept["content"].split()) >= len(text.split()) - 1

    primary.replies("and so on")
    answer = after.http.post("/sessions/s/resume", json={}).json()
    assert answer["reply"].endswith("and so on") and answer["reply"].startswith(kept["content"].rstrip())
    assert session(after, "s")["state"] == "idle"
    assert after.http.post("/sessions/s/resume", json={}).status_code == 409
    # Who comes back with the same key gets what was resumed.
    count = primary.count
    assert chat(after, "hi", session_id="s", idempotency_key="k").json()["reply"] == answer["reply"]
    assert primary.count == count


def test_the_same_key_resumes_after_a_crash(serve, primary):
    gateway = serve()
    primary.always(hangBeforeHeaders="30s")
    with pytest.raises(httpx.TransportError):
        threading.Thread(target=lambda: (primary.requests(wait=1), kill(gateway))).start()
        chat(gateway, "hi", session_id="s", idempotency_key="k")
    after = serve(name="after", port=gateway.port)
    assert interrupted(after) == ["s"]
    primary.reset()
    primary.replies("here it is")
    assert chat(after, "hi", session_id="s", idempotency_key="k").json()["reply"] == "here it is"
    messages = session(after, "s")["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant"], "the message stands there once"


class Tool(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.calls.append((body, self.headers["idempotency-key"]))
        self.server.arrived.set()
        self.server.gate.wait(90)
        data = b"sunny"
        self.send_response(200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def tool():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Tool)
    server.daemon_threads = True
    server.calls, server.arrived, server.gate = [], threading.Event(), threading.Event()
    server.gate.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.gate.set()
    server.shutdown()
    server.server_close()


def weather(tool, **options):
    return [
        {
            "name": "weather",
            "description": "The weather of a city.",
            "url": f"http://127.0.0.1:{tool.server_address[1]}/weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        }
        | options
    ]


class Model(BaseHTTPRequestHandler):
    """A provider that calls the tool once and then answers with what it gave."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.bodies.append(body)
        last = body["messages"][-1]
        if last["role"] == "tool":
            message, reason = {"role": "assistant", "content": f"It is: {last['content']}"}, "stop"
        else:
            call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
            message, reason = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
        data = json.dumps(
            {
                "id": "c",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def caller():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    server.bodies = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def with_tool(servers, tmp_path, caller):
    def serve(tools, name="tools", port=None):
        configuration = {
            "providers": {"p": {"kind": "openai", "baseURL": f"http://127.0.0.1:{caller.server_address[1]}/v1"}},
            "models": {"chat": {"targets": [{"provider": "p", "model": "m"}]}},
            "policies": {"default": policy()},
            "agent": {"tools": tools},
        }
        gateway = Gateway(tmp_path, configuration, "--data-dir", str(tmp_path / "data"), name=name, port=port)
        servers.append(gateway)
        return gateway.wait_until_ready()

    return serve


def test_a_tool_is_called(with_tool, tool):
    gateway = with_tool(weather(tool))
    answer = chat(gateway, "How is Rome?", session_id="s").json()
    assert answer["reply"] == "It is: sunny"
    assert [body for body, _ in tool.calls] == [{"city": "Rome"}]
    roles = [message["role"] for message in session(gateway, "s")["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant"]


@pytest.mark.parametrize("repeatable", [False, True])
def test_a_tool_that_a_crash_interrupted(with_tool, tool, caller, repeatable):
    tools = weather(tool, repeatable=repeatable)
    gateway = with_tool(tools)
    tool.gate.clear()

    def crash():
        tool.arrived.wait(60)
        kill(gateway)

    threading.Thread(target=crash).start()
    with pytest.raises(httpx.TransportError):
        chat(gateway, "How is Rome?", session_id="s")
    tool.gate.set()
    after = with_tool(tools, name="after", port=gateway.port)
    assert interrupted(after) == ["s"]
    answer = after.http.post("/sessions/s/resume", json={}).json()
    if repeatable:
        assert answer["reply"] == "It is: sunny"
        assert len(tool.calls) == 2 and tool.calls[0][1] == tool.calls[1][1], "the tool can tell a repetition"
    else:
        assert "may or may not have run" in answer["reply"] and len(tool.calls) == 1


def test_a_tool_that_fails_is_told_to_the_model(with_tool, tool):
    gateway = with_tool([weather(tool)[0] | {"url": f"http://127.0.0.1:{free_port()}/", "timeout": "2s"}])
    answer = chat(gateway, "How is Rome?")
    assert answer.status_code == 200 and "cannot be reached" in answer.json()["reply"]


def test_two_processes_share_a_file(serve, primary):
    first, second = serve(name="first"), serve(name="second")
    primary.replies(eventDelay="500ms")
    read_some(first, "hi", 1, session_id="s", idempotency_key="k")
    assert session(second, "s")["state"] == "running"
    assert chat(second, "another", session_id="s").status_code == 409
    # The same key waits for the turn in the other process.
    assert chat(second, "hi", session_id="s", idempotency_key="k").json()["reply"] == WORDS
    assert primary.count == 1


def test_a_shutdown_marks_what_it_interrupts(serve, primary):
    gateway = serve(server={"shutdownGrace": "2s"})
    primary.replies(eventDelay="2s")
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(stream(gateway, "hi", session_id="s")))
    reader.start()
    primary.requests(wait=1)
    gateway.terminate()
    assert gateway.wait() == 0
    reader.join()
    assert seen[-1][0] == "error" and seen[-1][1]["error"]["code"] == "interrupted"
    assert interrupted(serve(name="after", port=gateway.port)) == ["s"]


def test_a_store_that_cannot_be_opened_keeps_no_model_from_answering(serve, primary, tmp_path):
    foreign = tmp_path / "data"
    foreign.mkdir()
    (foreign / "sage.db").write_text("this is the file of another program, and no database at all" * 40)
    before = (foreign / "sage.db").read_bytes()
    gateway = serve()
    primary.replies("still here")
    assert gateway.ask().text == "still here"
    for answer in (chat(gateway, "hi"), gateway.http.get("/sessions"), gateway.http.get("/memory/search?q=x")):
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "store_unavailable"
        assert answer.headers["retry-after"]
    assert gateway.http.get("/health").json()["status"] == "degraded"
    stores = {store["name"]: store for store in gateway.status()["stores"]}
    assert not stores["sessions"]["up"] and stores["sessions"]["error"]
    assert 'sage_store_up{store="sessions"} 0' in gateway.http.get("/metrics").text
    assert (foreign / "sage.db").read_bytes() == before
    # Once the file is out of the way the store opens by itself.
    (foreign / "sage.db").unlink()
    eventually(lambda: chat(gateway, "hi").status_code == 200, within=40, what="the store being open")
    eventually(
        lambda: gateway.http.get("/health").json()["status"] == "healthy", within=40, what="all stores being open"
    )


def test_many_turns_at_once(serve, primary):
    gateway = serve()
    primary.replies("fine")

    def talk(number):
        for _ in range(3):
            assert chat(gateway, f"hi {number}", session_id=f"s{number}").json()["reply"] == "fine"

    threads = [threading.Thread(target=talk, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    listed = gateway.http.get("/sessions", params={"limit": 1000}).json()["sessions"]
    assert len(listed) == 16 and {item["message_count"] for item in listed} == {6}
    # What is counted is looked up now and then.
    eventually(lambda: gateway.status()["sessions"]["idle"] == 16, what="the counts of the status")
    eventually(
        lambda: 'sage_sessions{state="idle"} 16' in gateway.http.get("/metrics").text, what="the counts of the metrics"
    )
