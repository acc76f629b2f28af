"""A clock that is set forward and back by hours while servers run (libfaketime)."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import openai
import pytest

from crash import only_in_long_runs
from harness import WORDS, eventually, policy
from test_agent import chat, interrupted, kill, serve, session, stream  # noqa: F401

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
pytestmark = [
    pytest.mark.skipif(LIBRARY is None, reason="libfaketime is not installed: apt-get install libfaketime"),
    pytest.mark.timeout(600),
]

STEPS = (6, -6, 20, -20, 0)
BOTH_WAYS = pytest.mark.parametrize("hours", [-6, pytest.param(6, marks=only_in_long_runs)])


# libfaketime moves all timers that have a moment for their end, those of the time since the boot too: after a step back
# by hours they would end hours later, which no real clock does.
REAL_TIMERS = """
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

int timerfd_settime(int timer, int flags, const struct itimerspec *end, struct itimerspec *old) {
    return syscall(SYS_timerfd_settime, timer, flags, end, old);
}
"""


class SteppedClock:
    """The time of day of processes; the time since the boot goes on as it does when a clock is set."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.timers = folder / "real-timers.so"
        compiler = shutil.which("clang") or shutil.which("cc")
        command = [compiler, "-shared", "-fPIC", "-x", "c", "-", "-o", self.timers]
        subprocess.run(command, input=REAL_TIMERS, text=True, check=True)
        self.set(0)

    @property
    def variables(self):
        return {
            "LD_PRELOAD": f"{self.timers} {LIBRARY}",
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Set by the library itself otherwise, and Swift finds no arguments once the environment has grown.
            "FAKETIME_SHARED": "/faketime_sem_0 /faketime_shm_0",
        }

    def set(self, hours):
        """Sets it so many hours before or after the real time."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(f"{hours:+d}h\n")
        fresh.replace(self.path)


@pytest.fixture
def clock(tmp_path, servers):
    yield SteppedClock(tmp_path)
    for server in servers:
        # What the library shares with children outlives a process that is killed.
        for name in ("faketime_shm", "sem.faketime_sem"):
            Path(f"/dev/shm/{name}_{server.process.pid}").unlink(missing_ok=True)


def updated(gateway, name):
    return session(gateway, name)["updated"]


def test_the_clock_of_a_server_is_really_stepped(serve, primary, clock):  # noqa: F811
    gateway = serve(variables=clock.variables)
    primary.replies("fine")
    chat(gateway, "hi", session_id="now").raise_for_status()
    clock.set(6)
    chat(gateway, "hi", session_id="later").raise_for_status()
    assert updated(gateway, "now") < updated(gateway, "later")
    clock.set(-6)
    chat(gateway, "hi", session_id="earlier").raise_for_status()
    assert updated(gateway, "earlier") < updated(gateway, "now")


@pytest.mark.parametrize("hours", [6, -6])
def test_a_server_goes_on_saying_that_it_lives(serve, primary, clock, tmp_path, hours):  # noqa: F811
    gateway = serve(variables=clock.variables)
    chat(gateway, "hi", session_id="s")
    clock.set(hours)
    # It writes so every four seconds, to the log beside the file; a file's times are the kernel's.
    log = tmp_path / "data" / "sage.db-wal"
    stepped = time.time()
    eventually(lambda: os.stat(log).st_mtime > stepped + 5, what="a sign of life after the step")


def test_a_turn_keeps_its_owner_and_its_answer(serve, primary, clock):  # noqa: F811
    # Still under way after the last step, however slow the machine is.
    patient = policy(deadline="120s", attemptTimeout="120s")
    owner = serve(name="owner", variables=clock.variables, policy=patient)
    other = serve(name="other", variables=clock.variables)
    primary.replies(eventDelay="1500ms")
    seen = []
    reader = threading.Thread(target=lambda: seen.extend(stream(owner, "hi", session_id="s", idempotency_key="k")))
    reader.start()
    primary.requests(wait=1)
    for hours in STEPS:
        clock.set(hours)
        assert session(other, "s")["state"] == "running", f"{hours:+d} h"
        assert interrupted(other) == []
        assert chat(other, "me too", session_id="s").status_code == 409
        assert other.http.post("/sessions/s/resume", json={}).status_code == 409
        # Long enough for a heartbeat by the new time.
        time.sleep(1)
    reader.join(90)
    assert seen[-1][0] == "done" and seen[-1][1]["reply"] == WORDS
    primary.replies("fine")
    for hours in STEPS:
        clock.set(hours)
        began = time.monotonic()
        assert chat(other, f"at {hours:+d}", session_id="s").status_code == 200
        # A lease is 15 s, and a step hours.
        assert time.monotonic() - began < 12
        assert chat(other, "hi", session_id="s", idempotency_key="k").json()["reply"] == WORDS
    messages = session(other, "s")["messages"]
    assert len(messages) == 2 + 2 * len(STEPS)


@BOTH_WAYS
def test_a_dead_owner_is_found_whatever_the_clock_says(serve, primary, clock, hours):  # noqa: F811
    owner = serve(name="owner", variables=clock.variables)
    other = serve(name="other", variables=clock.variables)
    primary.always(hangBeforeHeaders="30s")
    threading.Thread(target=lambda: try_chat(owner, "hi", session_id="s"), daemon=True).start()
    primary.requests(wait=1)
    assert session(other, "s")["state"] == "running"
    clock.set(hours)
    kill(owner)
    assert interrupted(other) == ["s"]
    primary.reset()
    primary.replies("fine")
    assert other.http.post("/sessions/s/resume", json={}).json()["reply"] == "fine"


def try_chat(gateway, *arguments, **options):
    try:
        chat(gateway, *arguments, **options)
    except Exception:  # noqa: BLE001 - its server is killed
        return


@BOTH_WAYS
def test_an_open_breaker_recovers_in_its_time(serve, primary, clock, hours):  # noqa: F811
    breaker = {"window": "10 calls", "minimumCalls": 3, "consecutiveFailures": 3, "recoveryTimeout": "3s"}
    options = {"variables": clock.variables, "policy": policy(breaker=breaker, retry={"maxAttempts": 1})}
    options["storage"] = {"state": "sqlite:state.db", "shared": {"interval": "200ms"}}
    gateway = serve(**options)
    primary.always(status=500)
    for _ in range(3):
        with pytest.raises(openai.APIStatusError):
            gateway.ask()
    assert gateway.breaker()["state"] == "open"
    # It has told the store, and goes down with it open.
    eventually(lambda: store(gateway)["up"] and (store(gateway)["lag_seconds"] or 0) < 2, what="the store being told")
    time.sleep(1)
    clock.set(hours)
    kill(gateway)
    primary.replies("fine")
    after = serve(name="after", port=gateway.port, ready=False, **options)
    after.ready_path = "/health/live"
    after.wait_until_ready()
    # The recovery time is spread by a tenth.
    assert after.breaker()["state"] != "open" or after.breaker()["retry_after_ms"] <= 3_300
    eventually(lambda: recovered(after), within=20, what="the breaker having recovered")
    # Stepping again changes nothing for one that runs.
    primary.always(status=500)
    eventually(lambda: not answers(after) and after.breaker()["state"] == "open", what="the breaker having opened")
    clock.set(-hours)
    primary.replies("fine")
    eventually(lambda: recovered(after), within=20, what="the breaker having recovered")


def recovered(gateway):
    return answers(gateway) and gateway.breaker()["state"] == "closed"


def store(gateway):
    return next(store for store in gateway.status()["stores"] if store["name"] == "state")


def answers(gateway):
    try:
        return gateway.ask().text
    except openai.APIStatusError:
        return None


@only_in_long_runs
def test_memories_get_their_vectors_although_the_clock_went_back(serve, primary, clock):  # noqa: F811
    gateway = serve(variables=clock.variables, memory={"embeddings": {"model": "primary/text-embedding-3-small"}})
    primary.script(
        [
            {"match": {"path": "/v1/embeddings"}, "steps": [{"status": 500}], "then": "repeat"},
            {"steps": [{"ok": True, "reply": "fine"}], "then": "repeat"},
        ]
    )
    saved = gateway.http.post("/memory", json={"text": "The cat sleeps in the kitchen"}).json()
    assert saved["pending"]
    # Whoever looks after it tries again within half a minute, and puts it off by the old time.
    before = primary.count
    eventually(lambda: primary.count > before, within=45, what="another attempt")
    clock.set(-6)
    primary.reset()
    eventually(lambda: pending(gateway, saved) is False, within=75, what="the memory having its vector")


def pending(gateway, saved):
    found = gateway.http.get(f"/memory/{saved['id']}").json()
    return found["pending"]
