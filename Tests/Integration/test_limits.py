"""Limits of providers and models, what providers tell of their own, and clients' keys."""

import hashlib
import json
import re
import threading
import time

import openai
import pytest

from harness import WORDS, client, eventually, run


def create_key(*options):
    done = run("keys", "create", *options, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def entry(key):
    return {name: value for name, value in key.items() if name != "key" and value is not None}


def ask(gateway, key="any", model="single", retries=0, **options):
    library = client(gateway.url, api_key=key, max_retries=retries)
    return library.chat.completions.create(model=model, messages=[{"role": "user", "content": "hello"}], **options)


def test_a_request_goes_at_once_to_a_provider_that_has_room(start, primary, secondary, provider_limits):
    primary.replies("from the primary")
    secondary.replies("from the secondary")
    gateway = start(providers=provider_limits(requestsPerMinute=2))
    began = time.monotonic()
    texts = [ask(gateway, model="chat").choices[0].message.content for _ in range(4)]
    assert texts == ["from the primary"] * 2 + ["from the secondary"] * 2
    assert time.monotonic() - began < 5, "nobody waits while another provider is free"


def test_without_room_the_client_is_told_when_there_will_be(start, primary, provider_limits):
    primary.replies()
    gateway = start(providers=provider_limits(requestsPerMinute=1), maxWait="100ms")
    ask(gateway)
    with pytest.raises(openai.RateLimitError) as error:
        ask(gateway)
    assert error.value.code == "rate_limited"
    assert 1 <= int(error.value.response.headers["retry-after"]) <= 60
    assert primary.count == 1, "the provider is spared"
    status = gateway.status()
    assert status["limiters"][0]["limit_per_minute"] == 1
    assert status["limiters"][0]["available"] == 0


def test_places_are_shared_and_the_queue_is_bounded(start, primary, provider_limits):
    primary.always(ok=True, reply=WORDS, latency="3s")
    gateway = start(providers=provider_limits(maxConcurrent=1, maxQueued=1))
    outcomes = []

    def call():
        try:
            outcomes.append(ask(gateway).choices[0].message.content)
        except openai.InternalServerError as error:
            outcomes.append((error.status_code, error.code, error.response.headers["retry-after"]))

    threads = [threading.Thread(target=call) for _ in range(3)]
    # One has the place, one waits for it, and then the third one comes.
    threads[0].start()
    primary.requests(wait=1)
    threads[1].start()
    eventually(lambda: gateway.status()["bulkheads"][0]["queued"] == 1, what="the second one waiting")
    threads[2].start()
    for thread in threads:
        thread.join(20)
    assert sorted(map(str, outcomes)) == sorted(map(str, [WORDS, WORDS, (503, "overloaded", "1")]))
    assert gateway.status()["bulkheads"][0]["in_flight"] == 0


def test_a_provider_that_grants_no_more_is_left_alone(start, primary, secondary):
    told = {"x-ratelimit-limit-requests": "2", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30s"}
    body = {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "last"}, "finish_reason": "stop"}],
    }
    primary.always(status=200, headers=told | {"content-type": "application/json"}, body=json.dumps(body))
    secondary.replies("from the secondary")
    gateway = start()
    assert ask(gateway, model="chat").choices[0].message.content == "last"
    assert ask(gateway, model="chat").choices[0].message.content == "from the secondary"
    assert primary.count == 1
    limits = next(t for t in gateway.status()["targets"] if t["provider"] == "primary")["limits"]
    assert 0 < limits["exhausted_for_ms"] <= 30_000


def test_only_a_key_opens_the_gateway(start, primary, tmp_path):
    primary.replies()
    key = create_key("--name", "team-a")
    assert re.fullmatch(r"sk-sage-[0-9A-Za-z]{8}-[0-9A-Za-z]{43}", key["key"])
    assert key["hash"] == "sha256:" + hashlib.sha256(key["key"].encode()).hexdigest()
    gateway = start(keys=[entry(key)])
    assert ask(gateway, key["key"]).choices[0].message.content == WORDS
    with pytest.raises(openai.AuthenticationError) as error:
        ask(gateway, key["key"][:-1])
    assert error.value.code == "unauthorized"
    refused = gateway.http.post("/v1/messages", json={}, headers={"x-api-key": "wrong"})
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "authentication_error")
    for headers in ({"x-api-key": key["key"]}, {"x-goog-api-key": key["key"]}):
        assert gateway.http.get("/v1/models", headers=headers).status_code == 200
    assert gateway.http.get("/v1/models", params={"key": key["key"]}).status_code == 200
    assert gateway.http.get("/v1/models").status_code == 401
    assert gateway.http.get("/health").status_code == 200
    # The key itself is nowhere: not upstream, not in the log.
    assert all(key["key"] not in json.dumps(request) for request in primary.requests())
    # Lines of the log are written in batches.
    eventually(lambda: "team-a" in gateway.output(), what="the key's name in the log")
    assert key["key"] not in gateway.output()


def test_a_key_has_limits_and_models_of_its_own(start, primary):
    primary.replies()
    narrow = create_key("--name", "narrow", "--requests-per-minute", "1", "--models", "single")
    wide = create_key("--name", "wide")
    gateway = start(keys=[entry(narrow), entry(wide)])
    ask(gateway, narrow["key"])
    with pytest.raises(openai.RateLimitError) as error:
        ask(gateway, narrow["key"])
    assert 1 <= int(error.value.response.headers["retry-after"]) <= 60
    ask(gateway, wide["key"])
    with pytest.raises(openai.NotFoundError) as error:
        ask(gateway, narrow["key"], model="chat")
    assert error.value.code == "model_not_found"
    models = gateway.http.get("/v1/models", headers={"x-api-key": narrow["key"]}).json()
    assert [model["id"] for model in models["data"]] == ["single"]


def test_keys_are_listed_without_being_shown(tmp_path):
    key = create_key("--name", "team-a", "--tokens-per-minute", "1000", "--priority", "low")
    file = tmp_path / "sage.yaml"
    line = json.dumps(entry(key))
    file.write_text(f"providers: {{ s: {{ kind: simulated }} }}\nkeys:\n  - {line}\n")
    listed = run("keys", "list", "--config", file)
    assert listed.returncode == 0 and "team-a" in listed.stdout and "low" in listed.stdout
    assert key["key"] not in listed.stdout
    again = run("keys", "create", "--name", "team-a", "--config", file)
    assert again.returncode == 1 and "already" in again.stderr
    hashed = run("keys", "hash", stdin=key["key"] + "\n")
    assert hashed.stdout.strip() == key["hash"]
    assert run("keys", "hash", stdin="short").returncode == 2


def test_without_keys_only_this_machine_is_served(tmp_path):
    file = tmp_path / "sage.yaml"
    file.write_text("server: { host: 0.0.0.0 }\nproviders: { s: { kind: simulated } }\n")
    refused = run("serve", "--config", file, "--port", 0)
    assert refused.returncode == 2 and "sage keys create" in refused.stderr
