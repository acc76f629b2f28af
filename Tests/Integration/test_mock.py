"""`sage mock` alone: the official client against a provider that misbehaves on request."""

import threading

import httpx
import openai
import pytest

from harness import WORDS, Mock, client, collect, run

MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture
def chat(primary):
    return client(primary.url).chat.completions


def test_without_a_script_it_answers_well(chat, primary):
    answer = chat.create(model="gpt-5-mini", messages=MESSAGES)
    assert "hello" in answer.choices[0].message.content
    (request,) = primary.requests(ended=1)
    assert (request["method"], request["path"], request["model"]) == ("POST", "/v1/chat/completions", "gpt-5-mini")
    assert (request["status"], request["outcome"], request["stream"]) == (200, "completed", False)
    assert request["headers"]["x-stainless-lang"] == "python"


def test_it_streams(chat, primary):
    primary.replies()
    assert collect(chat.create(model="any", messages=MESSAGES, stream=True)) == (WORDS, "stop", None)


def test_steps_come_in_their_order(chat, primary):
    primary.steps({"status": 503}, {"status": 500, "repeat": 2}, {"ok": True, "reply": "well"}, then="ok")
    seen = []
    for _ in range(5):
        try:
            seen.append(chat.create(model="any", messages=MESSAGES).choices[0].message.content)
        except openai.APIStatusError as error:
            seen.append(error.status_code)
    assert seen[:4] == [503, 500, 500, "well"]
    assert "hello" in seen[4]


@pytest.mark.parametrize("then, expected", [("repeat", [503, 500, 503, 500]), ("last", [503, 500, 500, 500])])
def test_what_follows_the_last_step(chat, primary, then, expected):
    primary.steps({"status": 503}, {"status": 500}, then=then)
    for status in expected:
        with pytest.raises(openai.APIStatusError) as caught:
            chat.create(model="any", messages=MESSAGES)
        assert caught.value.status_code == status


def test_a_rule_matches_the_model(chat, primary):
    primary.script([{"match": {"model": "bad-*"}, "steps": [{"status": 500}], "then": "repeat"}])
    with pytest.raises(openai.InternalServerError):
        chat.create(model="bad-one", messages=MESSAGES)
    assert chat.create(model="good-one", messages=MESSAGES).choices


def test_headers_and_body_are_as_written(primary):
    primary.always(status=429, headers={"retry-after": "2"}, body='{"error":{"message":"slow"}}')
    answer = primary.http.post("/v1/chat/completions", json={"model": "any", "messages": MESSAGES})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json() == {"error": {"message": "slow"}}


def test_html_instead_of_json(primary):
    primary.always(html="<html>502 Bad Gateway</html>", status=502)
    answer = primary.http.post("/v1/chat/completions", json={"model": "any", "messages": MESSAGES})
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")


def test_a_reset(primary):
    primary.always(reset=True)
    with pytest.raises(httpx.TransportError):
        primary.http.post("/v1/chat/completions", json={"model": "any", "messages": MESSAGES})


@pytest.mark.parametrize("fault", [{"cutAfterEvents": 3}, {"cutAfterBytes": 300}])
def test_a_cut_stream(primary, fault):
    primary.always(reply=WORDS, **fault)
    with pytest.raises(httpx.RemoteProtocolError):
        primary.http.post("/v1/chat/completions", json={"model": "any", "messages": MESSAGES, "stream": True})
    assert primary.requests(ended=1)[0]["outcome"] == "cut"


@pytest.mark.parametrize(
    "fault, has_finish, has_done",
    [({"omitFinish": True}, False, True), ({"omitDone": True}, True, False), ({}, True, True)],
)
def test_what_a_stream_may_leave_out(primary, fault, has_finish, has_done):
    primary.always(reply=WORDS, **fault)
    text = primary.http.post(
        "/v1/chat/completions", json={"model": "any", "messages": MESSAGES, "stream": True}
    ).text
    assert ('"finish_reason":"stop"' in text.replace(": ", ":")) == has_finish
    assert ("[DONE]" in text) == has_done


def test_an_error_inside_a_stream(chat, primary):
    primary.always(reply=WORDS, inBandError='{"error":{"message":"boom"}}', afterEvents=2)
    text, finish, error = collect(chat.create(model="any", messages=MESSAGES, stream=True))
    assert (text, finish) == ("one ", None)
    assert "boom" in error.message


@pytest.mark.parametrize("fault", [{"hangBeforeHeaders": "forever"}, {"reply": WORDS, "hangAfterEvents": 2}])
def test_a_hang_ends_when_the_client_leaves(primary, fault):
    primary.always(**fault)
    with pytest.raises(httpx.ReadTimeout):
        primary.http.post(
            "/v1/chat/completions", json={"model": "any", "messages": MESSAGES, "stream": True}, timeout=0.5
        )
    assert primary.requests(ended=1)[0]["outcome"] == "client_disconnected"


def test_waiting_for_requests_ends_when_they_arrive(chat, primary):
    seen = []
    waiter = threading.Thread(target=lambda: seen.extend(primary.requests(wait=2)))
    waiter.start()
    chat.create(model="any", messages=MESSAGES)
    chat.create(model="any", messages=MESSAGES)
    waiter.join(60)
    assert len(seen) == 2


def test_a_reset_forgets_requests_and_script(chat, primary):
    primary.always(status=500)
    with pytest.raises(openai.APIStatusError):
        chat.create(model="any", messages=MESSAGES)
    primary.reset()
    assert primary.count == 0
    assert chat.create(model="any", messages=MESSAGES).choices


@pytest.mark.parametrize(
    "script, word",
    [
        ("- steps: [{ statsu: 500 }]", "statsu"),
        ("- steps: [{ status: 99 }]", "status"),
        ("- steps: []", "steps"),
        ("- { match: { path: 17 }, steps: [{ ok: true }] }", "path"),
        ("steps: [", "line"),
    ],
)
def test_a_wrong_script_is_refused_with_its_place(primary, script, word):
    answer = primary.http.put("/_mock/script", content=script)
    assert answer.status_code == 400
    assert word in answer.text


def test_a_script_from_a_file(servers, tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text("- steps: [{ status: 418 }]\n  then: repeat\n")
    mock = Mock(tmp_path, "scripted", "--script", file)
    servers.append(mock)
    mock.wait_until_ready()
    assert mock.http.get("/v1/models").status_code == 418


def test_a_wrong_file_is_refused(tmp_path):
    file = tmp_path / "faults.yaml"
    file.write_text("- steps: [{ statsu: 418 }]\n")
    ended = run("mock", "--script", file, cwd=tmp_path)
    assert ended.returncode == 2
    assert "faults.yaml" in ended.stderr and "statsu" in ended.stderr


def test_a_port_in_use_is_told(primary, tmp_path):
    ended = run("mock", "--port", primary.port, cwd=tmp_path)
    assert ended.returncode == 1
    assert str(primary.port) in ended.stderr and "in use" in ended.stderr


def test_it_stops_when_told(servers, tmp_path):
    mock = Mock(tmp_path, "stopping")
    servers.append(mock)
    mock.wait_until_ready()
    mock.always(hangBeforeHeaders="forever")
    ended = threading.Event()

    def hang():
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{mock.url}/v1/chat/completions", json={}, timeout=30, trust_env=False)
        ended.set()

    threading.Thread(target=hang, daemon=True).start()
    mock.requests(wait=1)
    mock.terminate()
    assert mock.wait() == 0
    assert ended.wait(30)
