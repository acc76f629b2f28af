"""Start, readiness, slow clients, shutdown."""

import signal
import socket
import threading
import time

import httpx
import pytest
from google import genai

from harness import WORDS, Server, client, collect, eventually, free_port, in_band, run

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture
def embedded(servers, tmp_path):
    """`sage serve` as a newcomer starts it: no configuration, no key."""
    server = Server(tmp_path, "embedded", "serve")
    servers.append(server)
    return server.wait_until_ready()


def test_the_first_request_works_without_any_key(embedded):
    chat = client(embedded.url).chat.completions
    answer = chat.create(model="sage-sim", messages=MESSAGES)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    text, finish, error = collect(chat.create(model="sage-sim", messages=MESSAGES, stream=True))
    assert text and finish == "stop" and error is None


def test_the_simulated_model_is_listed(embedded):
    library = client(embedded.url)
    assert "sage-sim" in {model.id for model in library.models.list()}
    assert library.models.retrieve("sage-sim").id == "sage-sim"


def test_googles_library_lists_the_models(embedded):
    library = genai.Client(api_key="any", http_options={"base_url": embedded.url})
    assert "models/sage-sim" in {model.name for model in library.models.list()}
    assert library.models.get(model="sage-sim").name == "models/sage-sim"


def test_the_address_is_printed(embedded):
    assert f"127.0.0.1:{embedded.port}" in embedded.output()
    assert "\x1b[" not in embedded.output(), "colours belong on a terminal only"


def test_health(gateway):
    assert gateway.http.get("/health/live").status_code == 200
    assert gateway.http.get("/health/ready").status_code == 200
    health = gateway.http.get("/health").json()
    assert health["status"] == "healthy"
    assert all("state" in service for service in health["services"].values())


def test_health_tells_of_an_open_breaker(start, primary):
    gateway = start(
        models={"chat": {"targets": [{"provider": "primary", "model": "gpt-5-mini"}]}},
        breaker={"window": "10 calls", "minimumCalls": 1, "consecutiveFailures": 1},
        retry={"maxAttempts": 1},
    )
    primary.always(status=500)
    assert gateway.post({"model": "chat", "messages": MESSAGES}).status_code == 502
    assert gateway.http.get("/health/live").status_code == 200
    assert gateway.http.get("/health").json()["status"] in ("degraded", "unhealthy")
    ready = gateway.http.get("/health/ready")
    assert ready.status_code == 503
    assert ready.text


def test_status_has_the_documented_shape(gateway):
    gateway.ask()
    status = gateway.status()
    assert {"status", "version", "uptime_seconds", "instance", "targets"} <= status.keys()
    target = gateway.target()
    assert {"name", "provider", "model", "state", "breaker", "in_flight"} <= target.keys()
    assert (target["provider"], target["model"]) == ("primary", "gpt-5-mini")
    assert {"state", "since", "failure_rate", "calls", "failures", "not_permitted", "retry_after_ms", "last_failure"} <= (
        target["breaker"].keys()
    )
    assert "key-of-primary" not in gateway.http.get("/status").text


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_at_once(start, sign):
    gateway = start()
    # An open connection without a request must not hold it up.
    assert gateway.http.get("/health/live").status_code == 200
    began = time.monotonic()
    gateway.process.send_signal(sign)
    assert gateway.wait() == 0
    # The grace that a request would have is 30 s.
    assert time.monotonic() - began < 15


def test_a_running_stream_ends_well_when_the_server_is_told_to_stop(start, primary):
    gateway = start()
    primary.replies(eventDelay="200ms")
    stream = gateway.client().chat.completions.create(model="chat", messages=MESSAGES, stream=True)
    next(stream)
    gateway.terminate()
    assert collect(stream) == (WORDS, "stop", None)
    assert gateway.wait() == 0


def test_a_running_request_is_answered_when_the_server_is_told_to_stop(start, primary):
    gateway = start()
    primary.replies(latency="1s")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(gateway.ask().text))
    thread.start()
    primary.requests(wait=1)
    gateway.terminate()
    thread.join(30)
    assert answers == [WORDS]
    assert gateway.wait() == 0


def test_new_connections_are_refused_while_it_stops(start, primary):
    gateway = start()
    primary.replies(latency="4s")
    thread = threading.Thread(target=gateway.ask)
    thread.start()
    primary.requests(wait=1)
    gateway.terminate()

    def refused():
        try:
            socket.create_connection(("127.0.0.1", gateway.port), timeout=1).close()
        except ConnectionRefusedError:
            return True
        return False

    eventually(refused, what="new connections being refused")
    assert thread.is_alive(), "they are refused while the server still answers"
    thread.join(30)
    assert gateway.wait() == 0


def test_the_grace_period_ends_what_does_not_end(start, primary):
    gateway = start(server={"shutdownGrace": "1s"})
    primary.always(reply=WORDS, hangAfterEvents=2)
    stream = gateway.client().chat.completions.create(model="chat", messages=MESSAGES, stream=True)
    next(stream)
    began = time.monotonic()
    gateway.terminate()
    gateway.wait()
    assert 0.5 < time.monotonic() - began < 15
    _, finish, error = collect(stream)
    assert finish is None and in_band(error)
    assert error.code == "interrupted"


def test_a_hanging_request_is_answered_before_the_grace_period_is_over(start, primary):
    gateway = start(server={"shutdownGrace": "1s"})
    primary.always(reply=WORDS, latency="20s")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(gateway.post({"model": "chat", "messages": MESSAGES})))
    thread.start()
    primary.requests(wait=1)
    gateway.terminate()
    thread.join(30)
    assert [answer.status_code for answer in answers] == [503]
    assert answers[0].json()["error"]["code"] == "interrupted"
    assert gateway.wait() == 0


def test_a_port_in_use_is_told(gateway, tmp_path):
    ended = run("serve", "--port", gateway.port, cwd=tmp_path)
    assert ended.returncode == 1
    assert str(gateway.port) in ended.stderr
    assert "in use" in ended.stderr
    assert "Fatal error" not in ended.stderr


def test_an_open_address_needs_consent(tmp_path):
    ended = run("serve", "--host", "0.0.0.0", "--port", free_port(), cwd=tmp_path)
    assert ended.returncode == 2
    assert "--insecure-no-auth" in ended.stderr


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: local",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{",
    ],
    ids=["headers", "body"],
)
def test_a_client_that_never_finishes_its_request_is_dropped(start, sent):
    gateway = start(server={"requestTimeout": "1s", "idleTimeout": "30s"})
    assert seconds_until_closed(gateway, sent) < 10


def test_an_idle_connection_is_closed(start):
    gateway = start(server={"idleTimeout": "1s"})
    assert seconds_until_closed(gateway, b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n") < 10


def test_a_client_that_reads_slowly_gets_everything(start, primary):
    gateway = start()
    text = " ".join(f"word{number}" for number in range(5000))
    primary.replies(text)
    with httpx.stream(
        "POST",
        f"{gateway.url}/v1/chat/completions",
        json={"model": "chat", "messages": MESSAGES, "stream": True},
        timeout=30,
        trust_env=False,
    ) as answer:
        received = 0
        for block in answer.iter_raw(chunk_size=65_536):
            if received == 0:
                time.sleep(1)
            received += len(block)
            last = block
    assert last.rstrip().endswith(b"data: [DONE]")
    assert received > len(text)


def seconds_until_closed(gateway, sent):
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=15) as connection:
        connection.sendall(sent)
        began = time.monotonic()
        try:
            while connection.recv(65_536):
                pass
        except ConnectionResetError:
            pass
        return time.monotonic() - began
