"""What no library sends: every protocol gets an error in its own envelope, over raw sockets, and nothing hangs."""

import json
import re
import socket
import time

import pytest

from harness import Gateway, memory, policy, provider, target

PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/chat:generateContent",
}
BODIES = {
    "chat": {"model": "chat", "messages": [{"role": "user", "content": "hello"}]},
    "messages": {"model": "chat", "max_tokens": 64, "messages": [{"role": "user", "content": "hello"}]},
    "responses": {"model": "chat", "input": "hello"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hello"}]}]},
}
LIMIT = 256 << 10
# Far above what the requests of a test need, far below what they send or claim.
GROWTH = 64 << 20


@pytest.fixture(scope="module")
def served(mocks, tmp_path_factory):
    mocks[0].reset()
    configuration = {
        "server": {"host": "127.0.0.1", "maxBodyBytes": "256KiB", "maxHeaderBytes": "16KiB", "requestTimeout": "1s"},
        "providers": {"primary": provider(mocks[0])},
        "models": {"chat": {"targets": [target("primary")]}},
        "policies": {"default": policy()},
    }
    gateway = Gateway(tmp_path_factory.mktemp("bad-requests"), configuration)
    try:
        gateway.wait_until_ready()
        for protocol in PATHS:
            assert gateway.http.post(PATHS[protocol], json=BODIES[protocol]).status_code == 200
        yield gateway
    finally:
        gateway.stop()


@pytest.fixture
def gateway(request, served, primary):
    request.node.servers = [served]
    before = memory(served.process)
    yield served
    assert served.process.poll() is None, "the server died"
    assert primary.count == 0, "a bad request reached the provider"
    assert memory(served.process) - before < GROWTH
    assert served.http.post(PATHS["chat"], json=BODIES["chat"]).status_code == 200


@pytest.fixture(params=PATHS)
def protocol(request):
    return request.param


def error(protocol, answer):
    """The message and the status of an error in the envelope of a protocol."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(re.match(rb"HTTP/1\.1 (\d{3}) ", head)[1])
    envelope = json.loads(body)
    if protocol == "messages":
        assert envelope["type"] == "error"
        assert envelope["request_id"]
    if protocol == "gemini":
        assert envelope["error"]["code"] == status
        assert envelope["error"]["status"]
    else:
        assert envelope["error"]["type"]
    assert envelope["error"]["message"]
    assert len(body) < 4096
    assert b"x-request-id" in head.lower()
    return status, envelope["error"]["message"]


def head(protocol, *lines, version=b"HTTP/1.1"):
    path = PATHS[protocol].encode()
    lines = [b"POST " + path + b" " + version, b"host: localhost", b"content-type: application/json", *lines]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def send(gateway, *parts, endless=None):
    """What the server answers until it closes; `endless` is sent again and again until it does."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        answer = b""
        try:
            for part in parts:
                connection.sendall(part)
            if endless:
                deadline = time.monotonic() + 25
                while time.monotonic() < deadline:
                    connection.sendall(endless)
                raise AssertionError("the server reads for ever")
        except (ConnectionResetError, BrokenPipeError):
            pass
        try:
            while block := connection.recv(65_536):
                answer += block
        except ConnectionResetError:
            pass
        return answer


def post(gateway, protocol, body, *lines):
    return send(gateway, head(protocol, b"connection: close", b"content-length: %d" % len(body), *lines), body)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"not json", b"[1]", b'"text"', b"null", b'{"model":"chat"} x', b"\xff\xfe", b'{"model":"\xed\xa0\x80"}'],
)
def test_what_is_no_json_object(gateway, protocol, body):
    status, message = error(protocol, post(gateway, protocol, body))
    assert status == 400


def test_every_cut_of_a_request(gateway, protocol):
    body = json.dumps(BODIES[protocol]).encode()
    for length in range(0, len(body), 5):
        assert error(protocol, post(gateway, protocol, body[:length]))[0] == 400


@pytest.mark.parametrize("wrong", [17, "hello", True, {"a": 1}, None])
def test_wrong_types_name_the_field(gateway, protocol, wrong):
    if protocol == "responses" and wrong == "hello":
        pytest.skip("an input may be a text")
    field = {"responses": "input", "gemini": "contents"}.get(protocol, "messages")
    status, message = error(protocol, post(gateway, protocol, json.dumps(BODIES[protocol] | {field: wrong}).encode()))
    assert status == 400
    assert field in message


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_nested_too_deeply(gateway, protocol, opening):
    body = json.dumps(BODIES[protocol]).encode()[:-1] + b', "x": ' + opening * 20_000
    assert error(protocol, post(gateway, protocol, body))[0] == 400


def test_a_body_that_announces_too_much(gateway, protocol):
    answer = send(gateway, head(protocol, b"content-length: 999999999999"))
    assert error(protocol, answer)[0] == 413


def test_an_endless_chunked_body(gateway):
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    answer = send(gateway, head("messages", b"transfer-encoding: chunked"), endless=chunk)
    assert answer == b"" or error("messages", answer)[0] == 413


AMBIGUOUS = {
    "two lengths": [b"content-length: 5", b"content-length: 6"],
    "a list of lengths": [b"content-length: 5, 6"],
    "both": [b"content-length: 5", b"transfer-encoding: chunked"],
    "both, the other way round": [b"transfer-encoding: chunked", b"content-length: 5"],
    "a signed length": [b"content-length: +5"],
    "a negative length": [b"content-length: -1"],
    "no number": [b"content-length: five"],
    "a length beyond all integers": [b"content-length: 99999999999999999999999"],
    "chunked is not the last coding": [b"transfer-encoding: chunked, gzip"],
    "a space before the colon": [b"transfer-encoding : chunked"],
    "NUL in a value": [b"x-a: a\0b"],
    "NUL in a name": [b"x\0a: b"],
    "CR in a value": [b"x-a: a\rb: c"],
    "no colon": [b"nothing"],
    "no name": [b": value"],
}


@pytest.mark.parametrize("lines", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_head_that_two_parties_could_read_differently(gateway, lines):
    answer = send(gateway, head("chat", *lines), b"0\r\n\r\n")
    assert error("chat", answer)[0] == 400
    assert len(re.findall(rb"HTTP/1\.1 \d", answer)) == 1, "what follows was read as another request"


@pytest.mark.parametrize("size", [b"zz", b"-1", b"", b"0x10", b"fffffffffffffffff", b"5 5", b"\0"])
def test_a_size_of_a_chunk_that_is_none(gateway, protocol, size):
    answer = send(gateway, head(protocol, b"transfer-encoding: chunked"), size + b"\r\n{}\r\n0\r\n\r\n")
    assert error(protocol, answer)[0] == 400


def test_a_chunk_longer_than_its_size(gateway, protocol):
    answer = send(gateway, head(protocol, b"transfer-encoding: chunked"), b"2\r\n{}xxxx\r\n0\r\n\r\n")
    assert error(protocol, answer)[0] == 400


@pytest.mark.parametrize(
    "endless", [b"x-a: b\r\n", b"a" * 1024, b"x-\xff: \xff\r\n", b" folded\r\n"], ids=["lines", "name", "odd", "folds"]
)
def test_endless_header_lines(gateway, endless):
    start = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n"
    answer = send(gateway, start, endless=endless * (65_536 // len(endless)))
    assert answer == b"" or error("chat", answer)[0] in (400, 431)


def test_an_endless_target(gateway):
    answer = send(gateway, b"POST /", endless=b"a" * 65_536)
    assert answer == b"" or error("chat", answer)[0] in (400, 431)


def test_an_endless_extension_of_a_chunk(gateway):
    answer = send(gateway, head("messages", b"transfer-encoding: chunked"), b"5;", endless=b"a" * 65_536)
    assert answer == b"" or error("messages", answer)[0] in (400, 408, 413, 431)


def test_endless_trailers(gateway):
    start = head("messages", b"transfer-encoding: chunked") + b"2\r\n{}\r\n0\r\n"
    answer = send(gateway, start, endless=b"x-a: b\r\n" * 8192)
    assert answer == b"" or error("messages", answer)[0] in (400, 408, 413, 431)


FOREIGN = {
    "TLS": bytes.fromhex("1603010200010001fc0303") + bytes(501) + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"),
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/9": b"GET / HTTP/9.9\r\nhost: a\r\n\r\n",
    "noise": bytes(range(256)) * 16,
    "NUL": bytes(4096),
}


@pytest.mark.parametrize("bytes_", FOREIGN.values(), ids=FOREIGN)
def test_another_protocol(gateway, bytes_):
    answer = send(gateway, bytes_)
    assert answer == b"" or error("chat", answer)[0] in (400, 505)


@pytest.mark.parametrize("part", ["nothing", "line", "head", "body"])
def test_a_request_that_never_ends(gateway, part):
    whole = head("messages", b"content-length: 100") + b"{"
    length = {"nothing": 0, "line": 20, "head": 60, "body": len(whole)}[part]
    start = time.monotonic()
    answer = send(gateway, whole[:length])
    assert 0.5 < time.monotonic() - start < 15
    if part == "body":
        assert error("messages", answer)[0] == 408


def test_a_head_byte_by_byte_is_cut_off(gateway):
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=30) as connection:
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            for byte in head("chat", *[b"x-a: b"] * 1000):
                connection.sendall(bytes([byte]))
                time.sleep(0.02)
    # All of it would take minutes.
    assert time.monotonic() - start < 15


@pytest.mark.parametrize("end", [b"", b"connection: keep-alive\r\n"])
def test_a_client_of_http_1_0_gets_its_answer_whole_and_the_end_of_the_connection(served, primary, end):
    answer = send(served, b"GET /health HTTP/1.0\r\n" + end + b"\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"200" and b"transfer-encoding" not in head.lower()
    assert json.loads(body)["status"]

    body = json.dumps(BODIES["chat"]).encode()
    request = b"POST /v1/chat/completions HTTP/1.0\r\ncontent-length: %d\r\n" + end + b"\r\n"
    head, _, answer = send(served, request % len(body), body).partition(b"\r\n\r\n")
    assert json.loads(answer)["choices"] and b"transfer-encoding" not in head.lower()

    body = json.dumps(BODIES["chat"] | {"stream": True}).encode()
    head, _, answer = send(served, request % len(body), body).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head.lower() and b"connection: close" in head.lower()
    assert answer.startswith(b"data: {") and answer.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("field", ["model", "stream"])
def test_a_field_that_stands_there_twice(gateway, field):
    twice = b'{"%s":"a",' % field.encode() + json.dumps(BODIES["chat"] | {field: "b"}).encode()[1:]
    status, message = error("chat", post(gateway, "chat", twice))
    assert status == 400 and field in message and "more than once" in message
