"""A provider that answers nonsense: the next target answers, or the client learns it in its own protocol.

The provider is a raw socket of the test, so that it can say what no server says.
"""

import gzip
import json
import socket
import threading
import time

import pytest

from harness import Gateway, memory, policy, provider, target

PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/{model}:generateContent",
}
STREAMED_PATHS = PATHS | {"gemini": "/v1beta/models/{model}:streamGenerateContent?alt=sse"}
QUESTIONS = {
    "chat": {"messages": [{"role": "user", "content": "hello"}]},
    "messages": {"max_tokens": 64, "messages": [{"role": "user", "content": "hello"}]},
    "responses": {"input": "hello"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
}
# Room for the longest event that is read (16 MiB), for the copies that a growing buffer makes, and for what an
# allocator keeps; below what the endless answers send.
GROWTH = 96 << 20
HUGE = 100 << 20

ANSWER = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
).encode()


def chunk(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


START = chunk({"role": "assistant", "content": "fine"})
STREAM = START + chunk({}, "stop") + b"data: [DONE]\n\n"


class RawProvider:
    """Answers each request with what the test says; a part that is None closes the connection."""

    name = "raw"

    def __init__(self):
        self.answer = None
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.base_url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/v1"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as requests:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(90)
            try:
                # Until then the connection stays open, which shows who waits for its end.
                while self.read(requests):
                    for part in self.answer() if callable(self.answer) else self.answer:
                        if part is None:
                            return
                        connection.sendall(part)
            except OSError:
                pass

    @staticmethod
    def read(requests):
        length = 0
        while (line := requests.readline().lower()) not in (b"\r\n", b""):
            if line.startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return line and len(requests.read(length)) == length

    def close(self):
        self.listener.close()


def head(*lines, status=b"200 OK"):
    return b"\r\n".join([b"HTTP/1.1 " + status, b"server: raw", *lines]) + b"\r\n\r\n"


def whole(body, *lines, kind=b"application/json", status=b"200 OK", length=None):
    length = len(body) if length is None else length
    return [head(b"content-type: " + kind, b"content-length: %d" % length, *lines, status=status), body]


def endless(start, part):
    def parts():
        yield start
        for _ in range(HUGE // len(part)):
            yield part

    return parts


EVENTS = head(b"content-type: text/event-stream")
CHUNKED_EVENTS = head(b"content-type: text/event-stream", b"transfer-encoding: chunked")
HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"

# What is wrong whatever was asked. None closes the connection.
ANSWERS = {
    "HTML": whole(HTML, kind=b"text/html"),
    "HTML as JSON": whole(HTML),
    "nothing": whole(b""),
    "no body and the end": [head(b"content-type: application/json"), None],
    "a status line alone": [b"HTTP/1.1 200 OK\r\n\r\n", None],
    "the end at once": [None],
    "half a head": [b"HTTP/1.1 200 OK\r\ncontent-", None],
    "a redirect": whole(b"", b"location: http://127.0.0.1:1/elsewhere", status=b"302 Found"),
    "a permanent redirect": whole(b"", b"location: https://localhost/", status=b"308 Permanent Redirect"),
    "switching protocols": [head(b"upgrade: websocket", b"connection: upgrade", status=b"101 Switching Protocols")],
    "SSH": [b"SSH-2.0-OpenSSH_9.6p1 Ubuntu\r\n"],
    "SMTP": [b"220 mail.example.com ESMTP\r\n"],
    "TLS": [bytes.fromhex("15030100020228")],
    "HTTP/2": [bytes.fromhex("000006040000000000000300000064")],
    "noise": [bytes(range(256)) * 64],
    "both length headers": [head(b"content-length: 5", b"transfer-encoding: chunked"), b"0\r\n\r\n"],
    "two lengths": [head(b"content-length: 5", b"content-length: 6"), b"{}    "],
    "a list of lengths": [head(b"content-length: 5, 6"), b"{}    "],
    "a negative length": [head(b"content-length: -1"), ANSWER],
    "a signed length": [head(b"content-length: +%d" % len(ANSWER)), ANSWER],
    "a length beyond all integers": [head(b"content-length: 99999999999999999999999"), ANSWER],
    "a body shorter than its length": whole(ANSWER, length=len(ANSWER) + 1) + [None],
    "a body cut in its JSON": whole(ANSWER[:-5]),
    "NUL in a header": [head(b"x-a: a\0b", b"content-length: 2"), b"{}"],
    "a bare LF in the head": [b"HTTP/1.1 200 OK\ncontent-length: 2\n\n{}"],
    "a header without a colon": [head(b"nothing", b"content-length: 2"), b"{}"],
    "a folded header": [head(b"x-a: a", b" b", b"content-length: 2"), b"{}"],
    "no status": [b"HTTP/1.1 OK\r\n\r\n"],
    "a status of four digits": [b"HTTP/1.1 2000 OK\r\n\r\n"],
    "status 99": [b"HTTP/1.1 099 Low\r\ncontent-length: 0\r\n\r\n"],
    "status 999": [b"HTTP/1.1 999 High\r\ncontent-length: 2\r\n\r\n{}"],
    "gzip": whole(gzip.compress(ANSWER), b"content-encoding: gzip"),
    "gzip that is not named": whole(gzip.compress(ANSWER)),
    "broken UTF-8": whole(ANSWER.replace(b"fine", b"\xff\xfe\xc3")),
    "a lone surrogate in UTF-8": whole(ANSWER.replace(b"fine", b"\xed\xa0\x80")),
    "JSON nested too deeply": whole(b'{"choices":' + b"[" * 100_000),
    "JSON nested too deeply and closed": whole(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a list": whole(b"[1,2,3]"),
    "a text": whole(b'"fine"'),
    "an empty object": whole(b"{}"),
    "choices of a wrong type": whole(b'{"choices":"fine"}'),
    "two answers in one": whole(ANSWER + ANSWER),
    "a size of a chunk that is none": [head(b"transfer-encoding: chunked"), b"zz\r\n" + ANSWER],
    "a size of a chunk beyond all integers": [head(b"transfer-encoding: chunked"), b"f" * 17 + b"\r\n" + ANSWER],
    "a chunk longer than its size": [head(b"transfer-encoding: chunked"), b"2\r\n{}xx\r\n0\r\n\r\n"],
    "the end inside a chunk": [head(b"transfer-encoding: chunked"), b"fff\r\n" + ANSWER, None],
    "the end before the last chunk": [
        head(b"transfer-encoding: chunked"), b"%x\r\n" % len(ANSWER) + ANSWER + b"\r\n", None,
    ],
    "an unknown coding": [head(b"transfer-encoding: gzip, chunked"), b"0\r\n\r\n"],
    "endless header lines": endless(b"HTTP/1.1 200 OK\r\n", b"x-a: b\r\n" * 8192),
    "an endless header": endless(b"HTTP/1.1 200 OK\r\nx-a: ", b"b" * 65_536),
    "an endless status line": endless(b"HTTP/1.1 200 ", b"b" * 65_536),
    "endless interim answers": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2048),
    "an endless extension of a chunk": endless(head(b"transfer-encoding: chunked") + b"5;", b"b" * 65_536),
    "endless trailers": endless(
        head(b"transfer-encoding: chunked") + b"%x\r\n" % len(ANSWER) + ANSWER + b"\r\n0\r\n", b"x-a: b\r\n" * 8192
    ),
}
# Cut off after as much as an answer may have, and so asked for only once.
LONG = {
    "a body": (False, endless(head(b"content-type: application/json"), b" " * 65_536)),
    "a line": (True, endless(EVENTS + b"data: ", b"x" * 65_536)),
    "a comment": (True, endless(EVENTS + b": ", b"x" * 65_536)),
}
STREAMS = {
    "JSON that is none": [EVENTS, b"data: {oops\n\n"],
    "broken UTF-8": [EVENTS, START.replace(b"fine", b"\xff\xfe\xc3")],
    "HTML": whole(HTML, kind=b"text/event-stream"),
    "[DONE] alone": [EVENTS, b"data: [DONE]\n\n", None],
    "a size of a chunk that is none": [CHUNKED_EVENTS, b"zz\r\n" + STREAM],
    "the end of the connection": [EVENTS, None],
    "nested too deeply": [EVENTS, b"data: " + b'{"choices":' + b"[" * 100_000 + b"\n\n", None],
}
# What can go wrong when the client has a part of the answer.
LATE = {
    "JSON that is none": [EVENTS, START, b"data: {oops\n\n"],
    "broken UTF-8": [EVENTS, START, START.replace(b"fine", b"\xff\xfe\xc3")],
    "HTML": [EVENTS, START, b"data: " + HTML + b"\n\n"],
    "a size of a chunk that is none": [CHUNKED_EVENTS, b"%x\r\n" % len(START) + START + b"\r\nzz\r\n"],
    "the end of the connection": [EVENTS, START, None],
    "the end inside a chunk": [CHUNKED_EVENTS, b"fff\r\n" + START, None],
    "the end inside an event": [EVENTS, START, b"data: {", None],
    "a body shorter than its length": [head(b"content-type: text/event-stream", b"content-length: 9999"), START, None],
}
FINE = {
    "an answer": whole(ANSWER),
    "more than its length": [*whole(ANSWER), b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"],
    "until the end of the connection": [head(b"content-type: application/json"), ANSWER, None],
    "one byte a chunk": [head(b"transfer-encoding: chunked"), b"".join(b"1\r\n%c\r\n" % b for b in ANSWER) + b"0\r\n\r\n"],
    "sizes with extensions and zeros": [
        head(b"transfer-encoding: chunked"), b"000%x;a=b\r\n" % len(ANSWER) + ANSWER + b"\r\n0;c\r\nx-t: 1\r\n\r\n",
    ],
    "the same length twice": [head(b"content-length: %d" % len(ANSWER), b"content-length: %d" % len(ANSWER)), ANSWER],
    "interim answers": [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n", *whole(ANSWER)],
    "one byte a packet": lambda: (bytes([byte]) for byte in b"".join(whole(ANSWER))),
}


@pytest.fixture(scope="module")
def served(mocks, tmp_path_factory):
    raw = RawProvider()
    # Limits far beyond what a slow machine takes for the answers of a test: who waits for one is told apart by that.
    limits = dict.fromkeys(("responseHeaders", "firstToken", "betweenTokens"), "60s")
    patient = policy(
        deadline="120s", attemptTimeout="60s", timeouts=limits, retry={"maxAttempts": 2, "initialDelay": "1ms"},
        breaker={"window": "1000 calls", "minimumCalls": 1000},
    )  # fmt: skip
    configuration = {
        "server": {"host": "127.0.0.1"},
        "providers": {"raw": provider(raw, responses="translated"), "secondary": provider(mocks[1])},
        "models": {
            "alone": {"targets": [target("raw")]},
            "chat": {"targets": [target("raw"), target("secondary")]},
        },
        "policies": {"default": patient},
    }
    gateway = Gateway(tmp_path_factory.mktemp("bad-answers"), configuration)
    gateway.raw = raw
    try:
        gateway.wait_until_ready()
        raw.answer = whole(ANSWER)
        for protocol in PATHS:
            for model in ("alone", "chat"):
                assert ask(gateway, protocol, model).status_code == 200
        yield gateway
    finally:
        gateway.stop()
        raw.close()


@pytest.fixture
def gateway(request, served, secondary):
    request.node.servers = [served]
    secondary.replies("fine")
    before, start = memory(served.process), time.monotonic()
    yield served
    assert time.monotonic() - start < 45, "somebody waited for a limit of time"
    assert served.process.poll() is None, "the server died"
    assert memory(served.process) - before < GROWTH


def ask(gateway, protocol, model, stream=False):
    body = dict(QUESTIONS[protocol])
    if protocol != "gemini":
        body |= {"model": model} | ({"stream": True} if stream else {})
    path = (STREAMED_PATHS if stream else PATHS)[protocol].format(model=model)
    return gateway.http.post(path, json=body, timeout=55)


def is_error(protocol, answer):
    """Whether the answer is a provider's failure in the envelope of a protocol."""
    assert 500 <= answer.status_code < 600, answer.text
    envelope = answer.json()
    check(protocol, envelope)
    if protocol == "gemini":
        assert envelope["error"]["code"] == answer.status_code
    assert len(answer.content) < 4096
    # Sage has tried what there is; a library that tried again would multiply that.
    assert answer.headers["x-should-retry"] == "false"
    assert answer.headers["x-request-id"]
    return True


def check(protocol, envelope):
    assert envelope["error"]["message"]
    if protocol == "messages":
        assert envelope["type"] == "error"
        assert envelope["error"]["type"] in ("api_error", "overloaded_error", "timeout_error")
    elif protocol == "gemini":
        assert envelope["error"]["status"] in ("INTERNAL", "UNAVAILABLE", "DEADLINE_EXCEEDED")
    else:
        assert envelope["error"]["code"] in ("upstream_error", "upstream_truncated")
    assert "<html" not in json.dumps(envelope)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_none(gateway, name):
    gateway.raw.answer = ANSWERS[name]
    for protocol in PATHS:
        assert is_error(protocol, ask(gateway, protocol, "alone"))
    answer = ask(gateway, "chat", "chat")
    assert answer.status_code == 200
    assert answer.headers["x-sage-target"].startswith("secondary/")
    assert answer.headers["x-sage-fallbacks"] == "1"


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_that_is_none(gateway, name):
    gateway.raw.answer = STREAMS[name]
    for protocol in PATHS:
        assert is_error(protocol, ask(gateway, protocol, "alone", stream=True))
    answer = ask(gateway, "chat", "chat", stream=True)
    assert answer.status_code == 200
    assert answer.headers["x-sage-target"].startswith("secondary/")
    assert answer.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("name", LONG)
def test_what_is_too_long_is_not_kept(gateway, name):
    stream, gateway.raw.answer = LONG[name]
    answer = ask(gateway, "chat", "chat", stream=stream)
    assert answer.status_code == 200
    assert answer.headers["x-sage-target"].startswith("secondary/")


@pytest.mark.parametrize("name", LATE)
def test_a_stream_that_goes_wrong_late(gateway, name):
    gateway.raw.answer = LATE[name]
    for protocol in PATHS:
        answer = ask(gateway, protocol, "alone", stream=True)
        assert answer.status_code == 200
        assert "fine" in answer.text
        events = [line[5:] for line in answer.text.splitlines() if line.startswith("data:")]
        check(protocol, json.loads(events[-1]))
        assert "data: [DONE]" not in answer.text


@pytest.mark.parametrize("name", FINE)
def test_odd_answers_that_are_right(gateway, name):
    gateway.raw.answer = FINE[name]
    for protocol in PATHS:
        answer = ask(gateway, protocol, "alone")
        assert answer.status_code == 200, answer.text
        assert "fine" in answer.text
        assert "evil" not in answer.text


def test_a_stream_with_one_byte_a_chunk(gateway):
    gateway.raw.answer = [CHUNKED_EVENTS, b"".join(b"1\r\n%c\r\n" % byte for byte in STREAM) + b"0\r\n\r\n"]
    for protocol in PATHS:
        answer = ask(gateway, protocol, "alone", stream=True)
        assert answer.status_code == 200
        assert "fine" in answer.text
        assert '"error":{' not in answer.text
    assert ask(gateway, "chat", "alone", stream=True).content == STREAM
