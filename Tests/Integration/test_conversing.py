"""`sage chat` itself, while the server under it dies, is restarted or shuts down."""

import json
import signal
import subprocess

import pytest

from harness import SAGE, WORDS, environment, eventually, run
from test_agent import interrupted, kill, serve, session  # noqa: F401


@pytest.fixture
def converse(tmp_path):
    """Starts `sage chat` and gives the process; its words go to files that can be read while it runs."""
    running = []

    def converse(gateway, *arguments):
        name = tmp_path / f"chat-{len(running)}"
        out, err = name.with_suffix(".out"), name.with_suffix(".err")
        with out.open("wb") as stdout, err.open("wb") as stderr:
            process = subprocess.Popen(
                [SAGE, "chat", "--url", gateway.url, *arguments],
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        process.out, process.err = out.read_text, err.read_text
        running.append(process)
        return process

    yield converse
    for process in running:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def serve_after_a_cut(serve, primary, converse):
    """A gateway that has followed one which was killed, with its client, in the midst of an answer."""
    gateway = serve()
    primary.always(ok=True, reply=WORDS, eventDelay="900ms")
    first = converse(gateway, "--session", "s", "hi")
    eventually(lambda: first.out().count(" ") >= 2, what="the beginning of the answer")
    first.kill()
    kill(gateway)
    return serve(name="after", port=gateway.port)


def test_an_interrupted_turn_is_finished_by_resume(serve, primary, converse):
    after = serve_after_a_cut(serve, primary, converse)
    assert interrupted(after) == ["s"]
    primary.replies("and so on")
    ended = run("chat", "--url", after.url, "--resume")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("one ") and ended.stdout.endswith("and so on\n")
    assert session(after, "s")["state"] == "idle"
    again = run("chat", "--url", after.url, "--resume", "--session", "s")
    assert again.returncode == 1 and "nothing" in again.stderr


@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL"])
def test_a_turn_survives_the_restart_of_the_server(serve, primary, converse, end):
    gateway = serve(server={"shutdownGrace": "1s"})
    # Each request to the model is answered with the same words, so the whole answer shows where it went on.
    primary.always(ok=True, reply=WORDS, eventDelay="800ms")
    process = converse(gateway, "--session", "s", "hi")
    eventually(lambda: process.out().count(" ") >= 1, what="the beginning of the answer")
    gateway.process.send_signal(getattr(signal, end))
    gateway.process.wait(25)
    primary.replies("and so on")
    after = serve(name="after", port=gateway.port)
    assert process.wait(120) == 0, process.err()
    assert "trying again" in process.err()
    assert process.out().rstrip("\n").endswith("and so on")
    # What was shown before was not asked for again.
    told = session(after, "s")
    assert told["state"] == "idle"
    assert [message["role"] for message in told["messages"]][0] == "user"
    assert sum(message["role"] == "user" for message in told["messages"]) == 1


def test_a_resume_survives_a_restart_too(serve, primary, converse):
    after = serve_after_a_cut(serve, primary, converse)
    seen = primary.count
    process = converse(after, "--resume", "--session", "s")
    primary.requests(wait=seen + 1)
    kill(after)
    primary.replies("and so on")
    last = serve(name="last", port=after.port)
    assert process.wait(120) == 0, process.err()
    assert process.out().rstrip("\n").endswith("and so on")
    assert session(last, "s")["state"] == "idle"


def test_what_cannot_be_shown_is_no_success(serve, primary):
    gateway = serve()
    primary.replies("fine")
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [SAGE, "chat", "--url", gateway.url, "hi"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=90,
        )
    assert ended.returncode == 1 and "cannot be written" in ended.stderr


def sage(gateway, *arguments, stdin=None):
    return run(*arguments, "--url", gateway.url, stdin=stdin)


def test_a_conversation_can_be_gone_on_with(serve, primary):
    gateway = serve()
    primary.replies("fine")
    first = sage(gateway, "chat", "hi")
    assert first.returncode == 0 and first.stdout == "fine\n"
    assert "sage chat --session chat-" in first.stderr
    name = first.stderr.split("--session ")[1].strip()
    assert sage(gateway, "chat", "--session", name, "more").returncode == 0
    assert session(gateway, name)["message_count"] == 4


def test_every_command_of_a_conversation_fits_the_server(serve, primary, tmp_path):
    gateway = serve()
    primary.replies("fine")
    for message in ("one", "two"):
        assert sage(gateway, "chat", "--session", "s", message).returncode == 0

    forked = sage(gateway, "session", "fork", "s", "--at", "3", "--id", "copy")
    assert forked.returncode == 0, forked.stderr
    assert [m["content"] for m in session(gateway, "copy")["messages"]] == ["one", "fine"]

    for name in ("sage", "snapshot", "openai", "anthropic"):
        file = tmp_path / name
        exported = sage(gateway, "session", "export", "s", "--format", name, "--output", str(file))
        assert exported.returncode == 0, exported.stderr
        for place, options in enumerate(([], ["--format", name])):
            id = f"{name}-{place}"
            imported = sage(gateway, "session", "import", str(file), "--id", id, *options)
            assert imported.returncode == 0 and imported.stdout.startswith(id), imported.stderr
            contents = [m["content"] for m in session(gateway, id)["messages"]]
            assert contents == ["one", "fine", "two", "fine"], (name, options)

    line = {"type": "user", "uuid": "u1", "parentUuid": None, "message": {"role": "user", "content": "from elsewhere"}}
    for place, options in enumerate(([], ["--format", "claude"], ["--format", "claude-code"])):
        imported = sage(
            gateway, "session", "import", "-", "--id", f"claude-{place}", *options, stdin=json.dumps(line) + "\n"
        )
        assert imported.returncode == 0, (options, imported.stderr)
        assert [m["content"] for m in session(gateway, f"claude-{place}")["messages"]] == ["from elsewhere"]

    changed = tmp_path / "changed"
    changed.write_text((tmp_path / "sage").read_text().replace('"one"', '"ono"'))
    imported = sage(gateway, "session", "import", str(changed), "--id", "changed")
    assert imported.returncode == 0 and "checksum" in imported.stdout, imported.stdout

    assert "intact" in sage(gateway, "session", "repair", "s").stdout
    assert sage(gateway, "session", "show", "s").returncode == 0
    assert "copy" in sage(gateway, "session", "list").stdout
    deleted = sage(gateway, "session", "delete", "copy", "nope", "changed")
    assert deleted.returncode == 1 and "nope" in deleted.stderr
    names = [item["id"] for item in gateway.http.get("/sessions").json()["sessions"]]
    assert "copy" not in names and "changed" not in names and "s" in names


def test_every_command_of_memory_fits_the_server(serve):
    gateway = serve()
    saved = sage(gateway, "memory", "save", "The deploy key is rotated on Mondays")
    assert saved.returncode == 0
    name = saved.stdout.strip()
    assert "deploy key" in sage(gateway, "memory", "search", "deploy", "key").stdout
    assert "deploy key" in sage(gateway, "memory", "show", name).stdout
    assert "embeddings were made" in sage(gateway, "memory", "reindex").stdout
    assert sage(gateway, "memory", "delete", name).returncode == 0
    assert sage(gateway, "memory", "show", name).returncode == 1
