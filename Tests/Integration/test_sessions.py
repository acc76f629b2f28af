"""`/sessions`: ids of any string, listing, copies, other formats, keys, PostgreSQL."""

import hashlib
import json
import os
import uuid
from urllib.parse import quote

import pytest

from test_agent import chat, interrupted, kill, serve, session  # noqa: F401

IDS = [
    "a/b",
    "../../etc/passwd",
    "import",
    "a?b#c&d=e",
    "%2F",
    "%00",
    "space and + plus",
    "caf\u00e9",
    "cafe\u0301",
    "日本語 🙂",
    "'; DROP TABLE sage_sessions; --",
    "line\nbreak\ttab",
    "resume",
    "key:team/x",
    ".",
    "x" * 900,
]


def path(name):
    return "/sessions/" + quote(name, safe="").replace(".", "%2E")


def test_any_text_is_an_id_and_no_two_are_the_same(serve, primary):
    gateway = serve()
    primary.replies("fine")
    for number, name in enumerate(IDS):
        assert chat(gateway, f"I am {number}", session_id=name).json()["session_id"] == name
    listed = gateway.http.get("/sessions").json()["sessions"]
    assert sorted(item["id"] for item in listed) == sorted(IDS)
    for number, name in enumerate(IDS):
        found = gateway.http.get(path(name))
        assert found.status_code == 200, name
        assert found.json()["id"] == name and found.json()["messages"][0]["content"] == f"I am {number}"
    for name in IDS:
        assert gateway.http.delete(path(name)).json()["deleted"]
        assert gateway.http.get(path(name)).status_code == 404
    assert gateway.http.get("/sessions").json()["sessions"] == []


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"not json",
        b'{"message":""}',
        b'{"message":1}',
        b'{"message":"x","sesion_id":"s"}',
        b'{"message":"x","session_id":""}',
        b'{"message":"x","session_id":"a\\u0000b"}',
        b'{"message":"x","session_id":"\\ud800"}',
        b'{"message":"x","session_id":7}',
        b'{"message":"x","stream":"yes"}',
        b'{"message":"x","memory":7}',
        b'{"message":"x","memory":{"save":"all"}}',
        b'{"message":"x","idempotency_key":""}',
        b'{"message":"x","model":""}',
        b'{"message":"\xff"}',
    ],
)
def test_a_wrong_request_is_refused_and_names_the_field(serve, body):
    gateway = serve()
    answer = gateway.http.post("/chat", content=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "invalid_request"
    assert gateway.http.get("/sessions").json()["sessions"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "limit=-1", "limit=1001", "state=odd", "cursor=odd", "other=1", "limit=1&limit=2"]
)
def test_a_wrong_parameter_is_refused(serve, query):
    answer = serve().http.get(f"/sessions?{query}")
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "invalid_request"


def test_wrong_paths(serve):
    http = serve().http
    for method, path, status in [
        ("GET", "/sessions/none", 404),
        ("DELETE", "/sessions/none", 404),
        ("POST", "/sessions/none/resume", 404),
        ("POST", "/sessions/none/fork", 404),
        ("GET", "/sessions/none/export", 404),
        ("GET", "/sessions/%ff", 400),
        ("GET", "/sessions/a%00b", 400),
        ("POST", "/sessions/a", 405),
        ("GET", "/sessions/a/resume", 405),
        ("GET", "/sessions/a/b/c", 404),
    ]:
        answer = http.request(method, path)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code}"
        assert answer.json()["error"]["code"] == "invalid_request"


def test_a_message_that_is_too_large_is_refused(serve):
    gateway = serve(server={"maxBodyBytes": 1 << 20})
    answer = chat(gateway, "x" * (2 << 20))
    assert answer.status_code == 413 and answer.json()["error"]["code"] == "request_too_large"


def test_pages(serve, primary):
    gateway = serve()
    primary.replies("fine")
    for number in range(7):
        chat(gateway, "hi", session_id=f"s{number}").raise_for_status()
    seen, cursor = [], ""
    while cursor is not None:
        page = gateway.http.get("/sessions", params={"limit": 3, "cursor": cursor}).json()
        seen += [item["id"] for item in page["sessions"]]
        cursor = page["next_cursor"]
    assert seen == [f"s{number}" for number in reversed(range(7))]


def test_copies_and_formats(serve, primary):
    gateway = serve()
    primary.replies("first answer")
    chat(gateway, "first", session_id="s").raise_for_status()
    forked = gateway.http.post("/sessions/s/fork", json={"session_id": "copy"})
    assert forked.status_code == 201 and forked.json() == {"session_id": "copy"}
    chat(gateway, "second", session_id="copy").raise_for_status()
    assert session(gateway, "copy")["message_count"] == 4 and session(gateway, "s")["message_count"] == 2
    assert gateway.http.post("/sessions/s/fork", json={"session_id": "copy"}).status_code == 409
    for form in ("sage", "snapshot", "openai", "anthropic"):
        exported = gateway.http.get("/sessions/copy/export", params={"format": form})
        assert exported.status_code == 200, exported.text
        params = {"format": form, "session_id": f"back from {form}"}
        imported = gateway.http.post("/sessions/import", params=params, content=exported.content)
        assert imported.status_code == 201, imported.text
        messages = session(gateway, f"back%20from%20{form}")["messages"]
        assert [message["content"] for message in messages] == ["first", "first answer", "second", "first answer"], form
        # It goes on from there.
        assert chat(gateway, "third", session_id=f"back from {form}").status_code == 200
    assert gateway.http.post("/sessions/import", params={"session_id": "s"}, content=b"[]").status_code in (400, 409)
    assert gateway.http.post("/sessions/import", params={"format": "sage"}, content=b"\x00\xff").status_code == 400
    assert gateway.http.post("/sessions/s/repair").json()["recorded"] == []


SNAPSHOT = {
    "session_id": "seed",
    "saved_at": 1700000000.5,
    "message_count": 250,
    "messages": [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "ONE"},
        {"role": "user", "content": "two"},
    ],
    "extra": {"model": "m", "nested": [1, None]},
    "interrupted": True,
    "interrupted_at": 1700000001.25,
}


def test_an_interrupted_snapshot_comes_back_as_one(serve, primary):
    gateway = serve()
    imported = gateway.http.post("/sessions/import", content=json.dumps(SNAPSHOT))
    assert imported.status_code == 201, imported.text
    assert imported.json()["message_count"] == session(gateway, "seed")["message_count"] == 3
    assert interrupted(gateway) == ["seed"]

    def export(name):
        return gateway.http.get(f"/sessions/{name}/export", params={"format": "snapshot"}).json()

    # In all but the moment at which it was written.
    assert {**export("seed"), "saved_at": SNAPSHOT["saved_at"]} == SNAPSHOT
    for form in ("snapshot", "sage"):
        copy = gateway.http.get("/sessions/seed/export", params={"format": form}).content
        again = gateway.http.post("/sessions/import", params={"session_id": form}, content=copy)
        assert again.status_code == 201, again.text
        # 247 of its messages are in no file.
        assert again.json()["changes"] == (["message_count: missing_messages"] if form == "snapshot" else [])
        assert export(form)["interrupted_at"] == SNAPSHOT["interrupted_at"]
    assert sorted(interrupted(gateway)) == ["sage", "seed", "snapshot"]
    primary.replies("TWO")
    for name in ("seed", "snapshot", "sage"):
        resumed = gateway.http.post(f"/sessions/{name}/resume", json={})
        assert resumed.status_code == 200, resumed.text
        assert [message["content"] for message in session(gateway, name)["messages"]] == ["one", "ONE", "two", "TWO"]
        after = export(name)
        assert "interrupted" not in after and "interrupted_at" not in after
        assert after["message_count"] == 251 and after["extra"] == SNAPSHOT["extra"]


def test_a_log_with_a_gap_hides_nothing_else(serve, primary):
    gateway = serve()
    for text in ("one", "two"):
        primary.replies(text.upper())
        chat(gateway, text, session_id="s").raise_for_status()
    lines = gateway.http.get("/sessions/s/export").text.splitlines()
    del lines[2]
    params = {"session_id": "gap"}
    imported = gateway.http.post("/sessions/import", params=params, content="\n".join(lines))
    assert imported.status_code == 201 and "missing_entries" in str(imported.json()["changes"])
    whole, gap = session(gateway, "s"), session(gateway, "gap")
    assert gap["report"]["gaps"] == [[2, 2]] and gap["last_seq"] == whole["last_seq"]
    told, *kept = [message["content"] for message in gap["messages"]]
    assert "missing" in told and kept == ["ONE", "two", "TWO"]
    assert gateway.http.post("/sessions/import", params=params, content="\n".join(lines)).status_code == 409


def test_keys_have_spaces_of_their_own(serve, primary):
    hashes = {name: "sha256:" + hashlib.sha256(name.encode()).hexdigest() for name in ("key-a", "key-b")}
    keys = [{"name": name, "hash": digest} for name, digest in hashes.items()]
    gateway = serve(keys=keys, server={"adminToken": "operator"})
    primary.replies("fine")
    bearer = {name: {"authorization": f"Bearer {name}"} for name in ("key-a", "key-b", "operator", "nobody")}
    body = {"message": "hi", "session_id": "s"}
    for name in hashes:
        assert gateway.http.post("/chat", json=body, headers=bearer[name]).status_code == 200
        saved = gateway.http.post("/memory", json={"text": f"secret of {name}"}, headers=bearer[name]).json()
        assert gateway.http.get(f"/memory/{saved['id']}", headers=bearer[name]).status_code == 200
        other = "key-b" if name == "key-a" else "key-a"
        assert gateway.http.get(f"/memory/{saved['id']}", headers=bearer[other]).status_code == 404
        assert gateway.http.delete(f"/memory/{saved['id']}", headers=bearer[other]).status_code == 404
    for name in hashes:
        listed = gateway.http.get("/sessions", headers=bearer[name]).json()["sessions"]
        assert [(item["id"], item["message_count"]) for item in listed] == [("s", 2)]
        found = gateway.http.get("/memory/search", params={"q": "secret"}, headers=bearer[name]).json()["results"]
        assert [item["text"] for item in found if item["text"].startswith("secret")] == [f"secret of {name}"]
    listed = gateway.http.get("/sessions", headers=bearer["operator"]).json()["sessions"]
    assert {item["id"] for item in listed} == {"key:key-a/s", "key:key-b/s"}
    for route in ("/sessions", "/sessions/s", "/memory/search?q=x"):
        assert gateway.http.get(route).status_code == 401
        assert gateway.http.get(route, headers=bearer["nobody"]).status_code == 401


@pytest.mark.skipif("SAGE_TEST_POSTGRES" not in os.environ, reason="needs PostgreSQL")
def test_postgres_survives_a_crash_too(serve, primary):
    url = os.environ["SAGE_TEST_POSTGRES"]
    name = f"s-{uuid.uuid4()}"
    storage = {"sessions": url, "memory": url}
    gateway = serve(storage=storage)
    assert "@" not in json.dumps(gateway.status()["stores"])
    primary.replies("fine")
    assert chat(gateway, "hi", session_id=name).json()["reply"] == "fine"
    kill(gateway)
    after = serve(name="after", port=gateway.port, storage=storage)
    assert name not in interrupted(after)
    assert session(after, name)["message_count"] == 2
    after.http.delete(f"/sessions/{name}")
