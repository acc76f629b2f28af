"""Two and three servers that share one store: turns at once, and the death of one of them in the midst of a turn."""

import signal
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from crash import POSTGRES, Databases, only_in_long_runs
from harness import WORDS, eventually, policy
from test_agent import chat, interrupted, kill, read_some, serve, session, stream  # noqa: F401

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(params=["sqlite", "postgres"])
def storage(request):
    """Where the servers keep conversations and memory; a store of their own each test."""
    if request.param == "sqlite":
        yield None
        return
    if not POSTGRES:
        pytest.skip("SAGE_TEST_POSTGRES names no server")
    databases = Databases(POSTGRES)
    url = databases()
    yield {"sessions": url, "memory": url}
    databases.drop()


@pytest.fixture
def fleet(serve, storage):  # noqa: F811
    return lambda count, **options: [
        serve(name=name, storage=storage, **options) for name in ("one", "two", "three")[:count]
    ]


def talk(gateway, name, text):
    """Says something as soon as nobody else is speaking."""
    while (answer := chat(gateway, text, session_id=name, memory=False)).status_code == 409:
        time.sleep(0.01)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_turns_of_different_conversations_at_once(fleet, primary):
    gateways = fleet(3)
    primary.replies("fine")

    def converse(number):
        for turn in range(4):
            # Each turn at another server.
            talk(gateways[(number + turn) % 3], f"s{number}", f"{number}.{turn}")

    with ThreadPoolExecutor(9) as pool:
        list(pool.map(converse, range(9)))
    for gateway in gateways:
        listed = gateway.http.get("/sessions").json()["sessions"]
        assert {item["id"]: item["message_count"] for item in listed} == {f"s{number}": 8 for number in range(9)}
    for number in range(9):
        messages = session(gateways[number % 3], f"s{number}")["messages"]
        assert [message["content"] for message in messages[::2]] == [f"{number}.{turn}" for turn in range(4)]


def test_turns_of_the_same_conversation_at_once(fleet, primary):
    gateways = fleet(3)
    primary.replies("fine", latency="20ms")
    said = [f"message {number}" for number in range(24)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: talk(gateways[number % 3], "s", said[number]), range(24)))
    for gateway in gateways:
        messages = session(gateway, "s")["messages"]
        assert [message["role"] for message in messages] == ["user", "assistant"] * 24, "no turn within another"
        assert sorted(message["content"] for message in messages[::2]) == sorted(said), "each once"
    assert primary.count == 24


def test_one_key_at_all_servers_is_paid_for_once(fleet, primary):
    gateways = fleet(3)
    primary.replies("once", latency="300ms")
    key = str(uuid.uuid4())
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda number: chat(gateways[number % 3], "hi", session_id="s", idempotency_key=key), range(6))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["reply"] for answer in answers} == {"once"} and primary.count == 1


def test_another_server_goes_on_with_what_a_dead_one_began(fleet, primary):
    gateways = fleet(3)
    # It is killed long before the end.
    primary.replies(eventDelay="1s")
    seen = []
    reader = threading.Thread(target=lambda: seen.append(read_some(gateways[0], "hi", 100, session_id="s")))
    reader.start()
    eventually(lambda: any(m["role"] == "assistant" for m in known(gateways[1], "s")), what="a partial answer")
    assert session(gateways[1], "s")["state"] == "running"
    kill(gateways[0])
    reader.join()
    for gateway in gateways[1:]:
        assert interrupted(gateway) == ["s"]
    kept = session(gateways[2], "s")["messages"][-1]
    assert kept["interrupted"] and WORDS.startswith(kept["content"].rstrip())
    primary.replies("and so on", latency="200ms")
    before = primary.count
    # Of all who want to go on exactly one does.
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda number: gateways[1 + number % 2].http.post("/sessions/s/resume", json={}), range(6))
        )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    assert primary.count == before + 1
    reply = next(answer.json()["reply"] for answer in answers if answer.status_code == 200)
    assert reply == kept["content"].rstrip() + "and so on" or reply.endswith("and so on")
    for gateway in gateways[1:]:
        assert session(gateway, "s")["state"] == "idle" and interrupted(gateway) == []
    assert talk(gateways[2], "s", "and then?")["reply"] == "and so on"


def known(gateway, name):
    answer = gateway.http.get(f"/sessions/{name}")
    return answer.json()["messages"] if answer.status_code == 200 else []


# It waits for the end of a lease, 15 s.
@pytest.mark.parametrize("storage", ["sqlite", pytest.param("postgres", marks=only_in_long_runs)], indirect=True)
def test_one_that_was_taken_for_dead_is_fenced_off(fleet, primary):
    # Time passes for one that stands still, too: none of its own limits may end the turn.
    patient = policy(deadline="300s", attemptTimeout="300s", timeouts={"betweenTokens": "300s"})
    gateways = fleet(2, policy=patient)
    primary.replies(eventDelay="900ms")
    seen = []
    reader = threading.Thread(target=lambda: seen.append(listen(gateways[0])))
    reader.start()
    eventually(lambda: any(m["role"] == "assistant" for m in known(gateways[1], "s")), what="a partial answer")
    gateways[0].process.send_signal(signal.SIGSTOP)
    try:
        eventually(lambda: interrupted(gateways[1]) == ["s"], within=60, what="the lease having run out")
        primary.replies("by the other one")
        reply = gateways[1].http.post("/sessions/s/resume", json={}).json()["reply"]
        assert reply.endswith("by the other one")
    finally:
        gateways[0].process.send_signal(signal.SIGCONT)
    reader.join(60)
    # It wakes up, and may not write any more.
    kind, data = seen[0]
    assert kind == "error" and data["error"]["code"] in ("conflict", "interrupted"), seen
    for gateway in gateways:
        found = session(gateway, "s")
        assert found["state"] == "idle"
        assert [message["role"] for message in found["messages"]] == ["user", "assistant", "assistant"]
        # What the first one had sent, and what the other one added; nothing else.
        assert "".join(message["content"] for message in found["messages"][1:]) == reply


def listen(gateway):
    """The last event of a stream."""
    try:
        return stream(gateway, "hi", session_id="s", memory=False)[-1]
    except httpx.TransportError as error:
        return "broken", str(error)
