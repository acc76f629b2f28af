"""How much of an answer that streams a crash can take: what was sent half a second before is there."""

import statistics
import threading
import time

import httpx

from crash import seeded
from harness import eventually
from test_agent import events, kill, serve, session  # noqa: F401

LONG = " ".join(f"word{number}" for number in range(400))
KILLS = 4


def watch(gateway, name, seen):
    """Notes all that was received, and when."""
    text = ""
    body = {"message": "hi", "session_id": name, "stream": True, "memory": False}
    try:
        with gateway.http.stream("POST", "/chat", json=body) as response:
            for kind, data in events(response):
                if kind == "delta":
                    text += data["text"]
                    seen.append((time.monotonic(), text))
    except httpx.TransportError:
        return


def test_a_partial_answer_is_at_most_half_a_second_behind(serve, primary):  # noqa: F811
    moments = seeded("partial answers")
    primary.replies(LONG, eventDelay="20ms")
    ages = []
    gateway = serve()
    for number in range(KILLS):
        seen = []
        reader = threading.Thread(target=watch, args=(gateway, f"s{number}", seen))
        reader.start()
        eventually(lambda: seen, what="the beginning of the answer")
        time.sleep(moments.uniform(1.5, 3))
        killed = time.monotonic()
        kill(gateway)
        reader.join()
        gateway = serve(name=f"after-{number}", port=gateway.port)
        found = session(gateway, f"s{number}")
        assert found["state"] == "interrupted"
        kept = next((m["content"] for m in found["messages"] if m["role"] == "assistant"), "")
        assert LONG.startswith(kept.rstrip())
        missing = [moment for moment, text in seen if len(text.rstrip()) > len(kept.rstrip())]
        # The oldest piece that the client has and the store has not.
        ages.append(killed - min(missing, default=killed))
    print(f"\nage of the oldest piece lost, in ms: {sorted(round(age * 1000) for age in ages)}")
    assert statistics.median(ages) <= 0.5
    # One that the machine itself held up.
    assert max(ages) <= 1.5
