"""Every option of `sage chat`, `sage session` and `sage memory` against a real server: the exit code, and the effect."""

import json
import sqlite3
import subprocess

import pytest

from harness import SAGE, WORDS, environment, eventually, run
from test_agent import chat, interrupted, kill, read_some, serve, session  # noqa: F401

LINES = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "ho"},
]


@pytest.fixture
def sage(serve, primary):
    """A server, and the command that talks to it."""
    primary.replies()
    gateway = serve()

    def sage(*arguments, code=0, **options):
        ended = run(*arguments, SAGE_URL=gateway.url, **options)
        assert ended.returncode == code, (arguments, ended.returncode, ended.stdout, ended.stderr)
        return ended

    sage.gateway = gateway
    return sage


def told(gateway, name):
    return [message["content"] for message in session(gateway, name)["messages"]]


def test_chat(sage, primary):
    first = sage("chat", "hi")
    assert first.stdout == f"{WORDS}\n"
    # Nobody chose the id, so it is told: the conversation can be gone on with.
    name = first.stderr.split("sage chat --session ")[1].strip()
    assert told(sage.gateway, name) == ["hi", WORDS]
    again = sage("chat", "--session", name, "--no-memory", "--model", "chat", "more")
    assert again.stdout == f"{WORDS}\n" and "Go on with" not in again.stderr
    assert told(sage.gateway, name) == ["hi", WORDS, "more", WORDS]
    assert json.loads(sage("chat", "--json", "--session", name, "third").stdout)["reply"] == WORDS
    piped = sage("chat", "--session", "piped", "Look:", stdin="from a pipe")
    assert piped.stdout == f"{WORDS}\n" and told(sage.gateway, "piped")[0] == "Look:\n\nfrom a pipe"
    lines = sage("chat", "--session", "lines", stdin="one\n\n//two\n/nope\n/exit\nthree\n")
    assert told(sage.gateway, "lines") == ["one", WORDS, "/two", WORDS] and "/nope is no command" in lines.stderr
    sage("chat", "--model", "nope", "hi", code=1)
    sage("chat", "--session", "", "hi", code=2)
    sage("chat", "--resume", "hi", code=2)


def test_chat_of_no_memory_leaves_none(sage):
    sage("chat", "--session", "a", "--no-memory", "The word is zebra")
    assert "Nothing was found." in sage("memory", "search", "--mode", "text", "zebra").stdout
    sage("chat", "--session", "b", "The word is zebra")
    assert "zebra" in sage("memory", "search", "--mode", "text", "zebra").stdout


def test_a_full_disk_under_the_answer_is_told(sage):
    with open("/dev/full", "wb") as full:
        for arguments in (["chat", "hi"], ["session", "list"]):
            ended = subprocess.run(
                [SAGE, *arguments],
                env=environment(SAGE_URL=sage.gateway.url),
                stdin=subprocess.DEVNULL,
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                timeout=90,
            )
            assert ended.returncode == 1 and "cannot be written" in ended.stderr, arguments


@pytest.mark.parametrize(
    "command", [["chat", "--resume"], ["chat", "--resume", "--session", "cut"], ["session", "resume", "cut"]]
)
def test_what_was_cut_off_is_resumed(serve, primary, command):
    primary.always(ok=True, reply=WORDS, eventDelay="700ms")
    gateway = serve()
    read_some(gateway, "hi", 2, session_id="cut")
    kill(gateway)
    after = serve(name="after", port=gateway.port)
    eventually(lambda: interrupted(after) == ["cut"], what="the interrupted conversation")
    primary.replies(" and the rest")
    ended = run(*command, SAGE_URL=after.url)
    assert ended.returncode == 0 and ended.stdout.endswith("and the rest\n"), ended.stderr
    assert session(after, "cut")["state"] == "idle"
    again = run(*command, SAGE_URL=after.url)
    assert again.returncode == 1 and "interrupted" in again.stderr


def test_session_list_show_and_delete(sage):
    for name in ("a", "b", "c"):
        chat(sage.gateway, "hi", session_id=name)
    assert len(json.loads(sage("session", "list", "--json").stdout)["sessions"]) == 3
    page = sage("session", "list", "--limit", "2").stdout
    assert len(page.splitlines()) == 5 and "--all" in page
    assert len(sage("session", "list", "--limit", "2", "--all").stdout.splitlines()) == 4
    assert "no conversations" in sage("session", "list", "--state", "interrupted").stdout
    assert "a" in sage("session", "list", "--state", "idle").stdout
    sage("session", "list", "--limit", "0", code=2)
    shown = sage("session", "show", "a").stdout
    assert shown.startswith("a: idle, 2 messages") and WORDS in shown
    assert json.loads(sage("session", "show", "a", "--json").stdout)["id"] == "a"
    sage("session", "show", "nope", code=1)
    # One that is not there keeps the others from nothing.
    ended = sage("session", "delete", "a", "nope", "c", code=1)
    assert "nope: there is no such session" in ended.stderr and ended.stdout.count("is deleted") == 2
    assert [one["id"] for one in sage.gateway.http.get("/sessions").json()["sessions"]] == ["b"]
    sage("session", "delete", "b")


def test_session_fork(sage):
    for message in ("one", "two"):
        chat(sage.gateway, message, session_id="a")
    whole = sage("session", "fork", "a").stdout.strip()
    assert told(sage.gateway, whole) == ["one", WORDS, "two", WORDS]
    entries = [json.loads(line) for line in sage("session", "export", "a").stdout.splitlines()]
    # The entry that ends the first turn.
    end = next(entry["seq"] for entry in entries if entry.get("kind") == "turnEnded")
    assert sage("session", "fork", "a", "--at", end, "--id", "begin").stdout == "begin\n"
    assert told(sage.gateway, "begin") == ["one", WORDS]
    sage("session", "fork", "a", "--id", "begin", code=1)
    sage("session", "fork", "a", "--at", "0", code=2)
    sage("session", "fork", "nope", code=1)


FILES = {
    "snapshot": json.dumps(
        {"session_id": "s", "saved_at": 1700000000.5, "message_count": 2, "messages": LINES, "extra": {}}
    ),
    "openai": json.dumps(LINES),
    "anthropic": json.dumps(
        {"system": "be kind", "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}, LINES[1]]}
    ),
    "claude": "\n".join(
        json.dumps({"type": line["role"], "uuid": f"u{index}", "sessionId": "s", "message": line})
        for index, line in enumerate(LINES)
    ),
}


@pytest.mark.parametrize("format", FILES)
def test_session_import_of_each_format(sage, tmp_path, format):
    file = tmp_path / "file"
    file.write_text(FILES[format])
    names = [format] + (["claude-code"] if format == "claude" else [])
    for index, given in enumerate([[]] + [["--format", name] for name in names]):
        assert sage("session", "import", file, *given, "--id", f"n{index}").stdout.splitlines()[0] == f"n{index}"
        assert told(sage.gateway, f"n{index}")[-2:] == ["hi", "ho"], given
    # The server knows both names too.
    for name in names:
        answer = sage.gateway.http.post(f"/sessions/import?format={name}&session_id=h-{name}", content=FILES[format])
        assert answer.status_code == 201, answer.text
    sage("session", "import", file, "--id", "n0", code=1)


def test_session_export_and_import(sage, tmp_path):
    chat(sage.gateway, "hi", session_id="a")
    for format in ("sage", "snapshot", "openai", "anthropic"):
        file = tmp_path / format
        ended = sage("session", "export", "a", "--format", format, "--output", file)
        assert ended.stdout == "" and file.stat().st_size > 0
        sage("session", "export", "a", "--format", format, "--output", file, code=1)
        sage("session", "export", "a", "--format", format, "--output", file, "--force")
        piped = sage("session", "export", "a", "--format", format).stdout
        assert sage("session", "import", "-", "--id", f"of-{format}", stdin=piped).returncode == 0
        assert told(sage.gateway, f"of-{format}") == ["hi", WORDS]
    sage("session", "export", "nope", code=1)


def test_what_an_import_changes_is_told(sage, tmp_path):
    chat(sage.gateway, "hi", session_id="a")
    file = tmp_path / "a.jsonl"
    file.write_text(sage("session", "export", "a").stdout.replace('"hi"', '"ho"', 1))
    ended = sage("session", "import", file, "--id", "b")
    assert "wrong_checksum" in ended.stdout


def test_an_import_that_is_too_large_names_the_setting(sage, tmp_path):
    file = tmp_path / "large.json"
    with file.open("wb") as large:
        large.truncate(40 << 20)
    ended = sage("session", "import", file, "--format", "openai", code=2)
    assert "server.maxBodyBytes" in ended.stderr


def test_session_repair(serve, sage, tmp_path):
    chat(sage.gateway, "hi", session_id="a")
    assert sage("session", "repair", "a").stdout == "a is intact.\n"
    kill(sage.gateway)
    database = sqlite3.connect(tmp_path / "data" / "sage.db")
    changed = database.execute("UPDATE sage_entries SET payload = x'7b' WHERE seq = 1").rowcount
    database.commit()
    database.close()
    assert changed == 1
    after = serve(name="after", port=sage.gateway.port)
    ended = run("session", "repair", "a", SAGE_URL=after.url)
    assert ended.returncode == 0 and "put aside: 1" in ended.stdout, ended.stdout + ended.stderr
    assert json.loads(run("session", "repair", "a", "--json", SAGE_URL=after.url).stdout)["session_id"] == "a"


def test_memory(sage):
    name = sage("memory", "save", "The key is rotated on Mondays").stdout.strip()
    assert "It was there already." in sage("memory", "save", "The key is rotated on Mondays").stdout
    other = sage("memory", "save", "--namespace", "other", "-", stdin="Lunch is at noon").stdout.strip()
    for mode in ("hybrid", "vector", "text"):
        assert name in sage("memory", "search", "--mode", mode, "-k", "1", "key", "rotated").stdout
    found = json.loads(sage("memory", "search", "--json", "--limit", "5", "--namespace", "other", "lunch").stdout)
    assert [item["id"] for item in found["results"]] == [other]
    assert "The key is rotated" in sage("memory", "show", name).stdout
    sage("memory", "show", "nope", code=1)
    assert "0 embeddings were made." in sage("memory", "reindex").stdout
    ended = sage("memory", "delete", name, "nope", other, code=1)
    assert ended.stdout.count("is forgotten") == 2 and "nope: there is no such memory" in ended.stderr
    sage("memory", "show", name, code=1)
    sage("memory", "search", "--limit", "0", "x", code=2)
    sage("memory", "save", "", code=2)


def test_reindex_tells_what_is_left(serve, primary):
    gateway = serve(memory={"embeddings": {"model": "primary/embed"}})
    primary.always(status=500, body="{}")
    saved = run("memory", "save", "anything", SAGE_URL=gateway.url)
    assert saved.returncode == 0 and "no embedding yet" in saved.stdout
    ended = run("memory", "reindex", SAGE_URL=gateway.url)
    assert ended.returncode == 1 and "1 memories wait for their embedding: " in ended.stdout, ended.stdout


@pytest.mark.parametrize("command", [["chat", "hi"], ["session", "list"], ["memory", "show", "x"]])
def test_a_server_that_is_not_there_exits_with_69(command):
    ended = run(*command, SAGE_URL="http://127.0.0.1:9")
    assert ended.returncode == 69 and "cannot be reached" in ended.stderr
