"""Disks that are full or cannot be written, under a server that runs."""

import errno
import os
import subprocess
import threading

import pytest

from crash import only_in_long_runs
from harness import WORDS, eventually, run
from test_agent import chat, interrupted, serve, session, stream  # noqa: F401

pytestmark = pytest.mark.timeout(600)


class SmallDisk:
    """A file system in memory of a few MiB."""

    def __init__(self, path, size="12m"):
        self.path = path
        path.mkdir()
        self.mount("-t", "tmpfs", "-o", f"size={size},mode=700", "tmpfs", path)

    @staticmethod
    def mount(*arguments):
        done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a file system in memory cannot be mounted here: {done.stderr.strip()}")

    def fill(self):
        with open(self.path / "ballast", "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    assert error.errno == errno.ENOSPC, error

    def free(self):
        (self.path / "ballast").unlink()

    def set_writable(self, is_writable):
        self.mount("-o", f"remount,{'rw' if is_writable else 'ro'}", self.path)

    def unmount(self):
        subprocess.run(["umount", "--lazy", self.path], check=False)


@pytest.fixture
def disk(tmp_path):
    made = SmallDisk(tmp_path / "disk")
    yield made
    made.unmount()


def store(gateway, name):
    return next(store for store in gateway.status()["stores"] if store["name"] == name)


def doctor(gateway, disk):
    done = run("doctor", "--config", gateway.file, "--data-dir", disk.path / "data", timeout=120)
    return done.returncode, done.stdout


def test_on_a_full_disk_nothing_acknowledged_is_lost(serve, primary, disk):  # noqa: F811
    gateway = serve(data=disk.path / "data")
    primary.replies("fine")
    counts = {}
    for number in range(3):
        chat(gateway, "hi", session_id=f"s{number}").raise_for_status()
        counts[f"s{number}"] = 2
    disk.fill()
    # What room the file and its log still have of their own is used up first.
    for number in range(1_000):
        refused = chat(gateway, "x" * 4_000, session_id=f"s{number % 3}", memory=False)
        if refused.status_code != 200:
            break
        counts[f"s{number % 3}"] += 2
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "store_unavailable"
    assert "full" in refused.json()["error"]["message"] and refused.headers["retry-after"]
    # Who operates it is told what mends it; what needs no store goes on, and so does reading.
    assert session(gateway, "s0")["messages"]
    assert "Free space" in store(gateway, "sessions")["error"]
    assert gateway.http.get("/health").json()["status"] == "degraded"
    assert 'sage_store_up{store="sessions"} 0' in gateway.http.get("/metrics").text
    assert gateway.ask().text == "fine"
    code, told = doctor(gateway, disk)
    assert code != 0 and "0 MiB are free" in told and "Make room" in told
    disk.free()
    # It takes a breaker's minute at most.
    eventually(lambda: chat(gateway, "hi", session_id="new").status_code == 200, within=90, what="chat going on")
    for name, count in counts.items():
        assert session(gateway, name)["message_count"] >= count, name
    for name in interrupted(gateway):
        assert gateway.http.post(f"/sessions/{name}/resume", json={}).status_code == 200, name
    eventually(lambda: gateway.http.get("/health").json()["status"] == "healthy", what="everything being well")


@only_in_long_runs
def test_what_a_full_disk_breaks_off_goes_on_afterwards(serve, primary, disk):  # noqa: F811
    gateway = serve(data=disk.path / "data")
    primary.replies("fine")
    acknowledged, seen, kept = {}, [], []

    def talk(name):
        answer = chat(gateway, "x" * 4_000, session_id=name, memory=False)
        if answer.status_code == 200:
            acknowledged[name] = acknowledged.get(name, 0) + 2
        return answer

    def remember(number):
        answer = gateway.http.post("/memory", json={"text": f"the number {number} is remembered"})
        if answer.status_code == 201:
            kept.append(answer.json()["id"])
        return answer

    for number in range(3):
        assert talk(f"s{number}").status_code == 200
        assert remember(number).status_code == 201
    primary.replies(eventDelay="1s")
    reader = threading.Thread(target=lambda: seen.extend(stream(gateway, "hi", session_id="streamed", memory=False)))
    reader.start()
    eventually(lambda: primary.count == 4, what="the stream having begun")
    primary.replies("fine")
    disk.fill()
    # What room the file and its log still have of their own is used up first.
    refused = next(answer for number in range(1_000) if (answer := talk(f"f{number % 8}")).status_code != 200)
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "store_unavailable"
    assert "full" in refused.json()["error"]["message"] and refused.headers["retry-after"]
    forgotten = remember("one too many")
    assert forgotten.status_code == 503 and forgotten.json()["error"]["code"] == "store_unavailable"
    reader.join()
    streamed = "".join(data["text"] for kind, data in seen if kind == "delta")
    assert seen[-1][0] == "error" and WORDS.startswith(streamed), seen
    disk.free()
    # A breaker of the store that opened meanwhile lets nothing through for a minute.
    eventually(lambda: talk("s0").status_code == 200, within=90, what="the store being used again")
    eventually(lambda: remember("after all").status_code == 201, within=30, what="memory being used again")
    for name, count in acknowledged.items():
        assert session(gateway, name)["message_count"] >= count, name
    for id in kept:
        assert gateway.http.get(f"/memory/{id}").status_code == 200
    # Whatever the full disk broke off is found, and goes on.
    broken = interrupted(gateway)
    assert "streamed" in broken
    for name in broken:
        assert gateway.http.post(f"/sessions/{name}/resume", json={}).status_code == 200, name
    eventually(lambda: gateway.http.get("/health").json()["status"] == "healthy", what="everything being well")


def test_a_disk_that_becomes_writable_is_used_without_a_restart(serve, primary, disk):  # noqa: F811
    primary.replies("fine")
    before = serve(name="before", data=disk.path / "data")
    assert chat(before, "hi", session_id="s").status_code == 200
    before.stop()
    disk.set_writable(False)
    gateway = serve(data=disk.path / "data")
    for answer in (chat(gateway, "hi", session_id="s"), gateway.http.post("/memory", json={"text": "x"})):
        assert answer.status_code == 503 and answer.json()["error"]["code"] == "store_unavailable"
        assert "read_only" in answer.json()["error"]["message"]
    assert "writable" in store(gateway, "sessions")["error"] and gateway.ask().text == "fine"
    code, told = doctor(gateway, disk)
    assert code != 0 and "mounted read-only" in told and "Mount it writable" in told
    disk.set_writable(True)
    eventually(lambda: chat(gateway, "hi", session_id="s").status_code == 200, within=60, what="the store being used")
    assert session(gateway, "s")["message_count"] == 4


def test_a_folder_that_may_not_be_written_is_named(serve, primary, tmp_path):  # noqa: F811
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tmp_path / "data").mkdir(mode=0o500)
    gateway = serve()
    assert chat(gateway, "hi").status_code == 503
    (tmp_path / "data").chmod(0o700)
    eventually(lambda: chat(gateway, "hi").status_code == 200, within=60, what="the store being used")
