"""Bad input of every kind gets a clear error in OpenAI's envelope; nothing crashes, nothing hangs."""

import json
import socket

import openai
import pytest

MESSAGES = [{"role": "user", "content": "hello"}]
JSON = {"content-type": "application/json"}


@pytest.fixture
def gateway(start, primary):
    gateway = start(server={"maxBodyBytes": "64KiB"})
    yield gateway
    assert gateway.process.poll() is None, "the server died"
    assert gateway.http.get("/health/ready").status_code == 200
    assert gateway.ask().text, "the server no longer answers"


def refused(answer, status, code="invalid_request"):
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"] and error["type"]
    # The second is the one that the official library shows in its errors.
    assert answer.headers["x-sage-request-id"] == answer.headers["x-request-id"]
    return error["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"not json",
        b'{"model": "chat", "messages": [}',
        b"[1, 2, 3]",
        b'"text"',
        b"null",
        b"17",
        b'{"model":"chat"} x',
    ],
)
def test_malformed_json(gateway, primary, body):
    refused(gateway.http.post("/v1/chat/completions", content=body, headers=JSON), 400)
    assert primary.count == 0


@pytest.mark.parametrize(
    "change, field",
    [
        ({"model": 17}, "model"),
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"messages": "hello"}, "messages"),
        ({"messages": None}, "messages"),
        ({"stream": "yes"}, "stream"),
    ],
)
def test_wrong_types_name_the_field(gateway, primary, change, field):
    message = refused(gateway.post({"model": "chat", "messages": MESSAGES} | change), 400)
    assert field in message
    assert primary.count == 0


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_missing_fields_are_named(gateway, missing):
    body = {"model": "chat", "messages": MESSAGES}
    del body[missing]
    assert missing in refused(gateway.post(body), 400)


def test_an_unknown_model(gateway):
    with pytest.raises(openai.NotFoundError) as caught:
        gateway.ask("no-such-model")
    assert caught.value.code == "model_not_found"
    assert "no-such-model" in caught.value.message


@pytest.mark.parametrize("model", ["nobody/model", "primary/", "/", "a" * 10_000, "../../etc/passwd", "x\u0000y"])
def test_odd_model_names(gateway, primary, model):
    answer = gateway.post({"model": model, "messages": MESSAGES})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["code"] in ("invalid_request", "model_not_found")
    assert len(answer.content) < 4096
    assert primary.count == 0


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large(gateway, primary, chunked):
    body = b'{"model": "chat", "messages": [{"role": "user", "content": "' + b"a" * 300_000 + b'"}]}'
    content = (body[start : start + 1000] for start in range(0, len(body), 1000)) if chunked else body
    answer = gateway.http.post("/v1/chat/completions", content=content, headers=JSON)
    refused(answer, 413, "request_too_large")
    assert primary.count == 0


def test_a_body_that_only_claims_to_be_too_large(gateway):
    answer = raw(
        gateway,
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        b"content-length: 999999999999\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"request_too_large" in answer


@pytest.mark.parametrize("bytes_", [b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"])
def test_broken_utf8(gateway, primary, bytes_):
    body = b'{"model": "chat", "messages": [{"role": "user", "content": "' + bytes_ + b'"}]}'
    refused(gateway.http.post("/v1/chat/completions", content=body, headers=JSON), 400)
    assert primary.count == 0


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_json_nested_too_deeply(gateway, primary, opening):
    body = b'{"model": "chat", "messages": [], "x": ' + opening * 5000
    refused(gateway.http.post("/v1/chat/completions", content=body, headers=JSON), 400)
    assert primary.count == 0


def test_headers_too_large(gateway, primary):
    answer = gateway.http.post("/v1/chat/completions", json={}, headers={"x-large": "a" * 100_000})
    refused(answer, 431)
    assert primary.count == 0


def test_many_headers(gateway, primary):
    answer = gateway.http.get("/health/live", headers={f"x-{number}": "a" * 100 for number in range(1000)})
    refused(answer, 431)


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/chat/completions/more", "/%00", "/..%2f..%2fetc/passwd"])
def test_an_unknown_path(gateway, path):
    refused(gateway.http.get(path), 404)


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/chat/completions", "POST"),
        ("POST", "/v1/models", "GET"),
        ("POST", "/health", "GET"),
    ],
)
def test_a_wrong_method(gateway, method, path, allowed):
    answer = gateway.http.request(method, path)
    refused(answer, 405)
    assert allowed in answer.headers["allow"]


def test_what_is_no_http_at_all(gateway):
    answer = raw(gateway, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n")
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("value", ["abc", "-1", "0", "1e400", ""])
def test_a_timeout_header_that_is_none(gateway, primary, value):
    answer = gateway.post({"model": "chat", "messages": MESSAGES}, headers={"x-sage-timeout-ms": value})
    assert "x-sage-timeout-ms" in refused(answer, 400)
    assert primary.count == 0


@pytest.mark.parametrize(
    "path, is_protocols",
    [
        ("/v1/chat/completions", lambda body, _: body["error"]["param"] is None and "type" not in body),
        ("/v1/messages", lambda body, _: (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")),
        ("/v1beta/models/chat:generateContent", lambda body, status: body["error"]["code"] == status),
    ],
)
@pytest.mark.parametrize(
    "fields, status",
    [
        (b"content-length: 2\r\ncontent-length: 3\r\n", 400),
        (b"content-length: 2\r\ntransfer-encoding: chunked\r\n", 400),
        (b"x-large: " + b"a" * 100_000 + b"\r\n", 431),
    ],
    ids=["two lengths", "both lengths", "too large"],
)
@pytest.mark.parametrize("before", [0, 1])
def test_what_is_not_http_is_told_in_the_protocol_of_the_path(gateway, path, is_protocols, fields, status, before):
    ask = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
    bad = b"POST " + path.encode() + b" HTTP/1.1\r\nhost: localhost\r\n" + fields + b"\r\n{}"
    answer = raw(gateway, *[ask] * before, bad)
    head, _, body = answer.rpartition(b"\r\n\r\n")
    assert f"HTTP/1.1 {status}".encode() in head
    assert is_protocols(json.loads(body), status), body


def raw(gateway, *requests):
    """Everything that the server answers to these bytes until it closes the connection; each after an answer."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        answer = b""
        for request in requests[:-1]:
            connection.sendall(request)
            answer += connection.recv(65_536)
        connection.sendall(requests[-1])
        try:
            while block := connection.recv(65_536):
                answer += block
        except ConnectionResetError:
            pass
        return answer
