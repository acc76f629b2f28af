"""What Claude Code does to a gateway: long requests with fields of tomorrow, beta features, streams with pings."""

import json

import anthropic
import pytest

from harness import WORDS

LANES = {("anthropic",): 5, ("anthropic", "anthropic"): 10}

BETAS = "claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14"
HEADERS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": BETAS,
    "x-api-key": "any",
    "x-app": "cli",
    "user-agent": "claude-cli/3.0.0 (external, cli)",
    "x-stainless-retry-count": "0",
}


def request(model, **changes):
    return {
        "model": model,
        "max_tokens": 32000,
        "stream": True,
        "system": [{"type": "text", "text": "You are Claude Code.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        "metadata": {"user_id": "u"},
        "thinking": {"type": "adaptive"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "a_field_of_tomorrow": {"nested": [1, 2.50, None, "\u00e9"]},
    } | changes


def events(text):
    """The events of a stream: their types, and their data."""
    return [
        (block.split("\n")[0].removeprefix("event: "), json.loads(block.split("\ndata: ")[1]))
        for block in text.strip().split("\n\n")
        if block.startswith("event: ")
    ]


def test_everything_reaches_the_provider_byte_for_byte(lanes, primary):
    primary.replies(thinking="let me see", keepAlives=3)
    model = lanes.take("anthropic", "anthropic")
    # Spaces and escapes as this client writes them; another serialisation would change them.
    body = json.dumps(request(model), ensure_ascii=True, indent=1)
    answer = lanes.gateway.http.post("/v1/messages?beta=true", content=body, headers=HEADERS)
    assert answer.status_code == 200
    types = [type for type, _ in events(answer.text)]
    assert types[0] == "message_start" and types[-1] == "message_stop"
    assert types.count("message_start") == 1
    (seen,) = primary.requests()
    assert seen["body"] == body.replace(model, f"{model}-0")
    assert seen["headers"]["anthropic-beta"] == BETAS
    assert seen["headers"]["anthropic-version"] == "2023-06-01"
    assert seen["path"].split("?")[0] == "/v1/messages"


def test_the_events_of_the_provider_reach_the_client_byte_for_byte(lanes, primary):
    primary.replies(thinking="let me see", keepAlives=2, finish="stop_sequence")
    model = lanes.take("anthropic", "anthropic")
    through = lanes.gateway.http.post("/v1/messages", json=request(model), headers=HEADERS)
    direct = primary.http.post("/v1/messages", json=request(f"{model}-0"), headers=HEADERS)
    # Only the numbers of the two requests differ, and pings that came while there was nothing to send yet.
    ping = 'event: ping\ndata: {"type":"ping"}\n\n'
    expected = direct.text.replace("msg_mock_2", "msg_mock_1")
    assert through.text.replace(ping, "") == expected.replace(ping, "")
    assert through.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("megabytes", [1, 2])
def test_a_long_conversation_fits(lanes, primary, megabytes):
    primary.replies()
    model = lanes.take("anthropic", "anthropic")
    text = "0123456789abcdef" * 65_536 * megabytes
    body = json.dumps(request(model, messages=[{"role": "user", "content": text}]))
    answer = lanes.gateway.http.post("/v1/messages", content=body, headers=HEADERS)
    assert answer.status_code == 200
    assert events(answer.text)[-1][0] == "message_stop"
    assert primary.requests()[0]["body_bytes"] == len(body) + len("-0")


def test_an_unknown_beta_is_the_providers_to_refuse(lanes, primary):
    message = "Unexpected value(s) `x-2030` for the `anthropic-beta` header"
    body = {"type": "error", "error": {"type": "invalid_request_error", "message": message}, "request_id": "req_1"}
    primary.always(status=400, body=body, headers={"request-id": "req_1"})
    answer = lanes.gateway.http.post(
        "/v1/messages", json=request(lanes.take("anthropic")), headers=HEADERS | {"anthropic-beta": "x-2030"}
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (answer.json()["type"], error["type"]) == ("error", "invalid_request_error")
    assert message in error["message"]
    assert primary.requests()[0]["headers"]["anthropic-beta"] == "x-2030"


@pytest.mark.parametrize("fault", [{"status": 529}, {"cutAfterEvents": 3}, {"inBandError": True}], ids=str)
def test_an_overloaded_provider_is_not_noticed(lanes, primary, secondary, fault):
    primary.always(**fault)
    secondary.replies()
    answer = lanes.gateway.http.post(
        "/v1/messages", json=request(lanes.take("anthropic", "anthropic")), headers=HEADERS
    )
    text = "".join(data["delta"].get("text", "") for type, data in events(answer.text) if type == "content_block_delta")
    assert text == WORDS
    assert [type for type, _ in events(answer.text)].count("message_start") == 1
    assert secondary.requests()[0]["headers"]["anthropic-beta"] == BETAS


def test_a_stream_that_breaks_ends_with_an_error_event(lanes, primary):
    primary.always(reply=WORDS, cutAfterEvents=5)
    answer = lanes.gateway.http.post("/v1/messages", json=request(lanes.take("anthropic")), headers=HEADERS)
    type, data = events(answer.text)[-1]
    assert type == "error"
    assert data["type"] == "error" and data["error"]["code"] == "upstream_truncated"


def test_a_bearer_token_is_accepted_and_not_passed_on(lanes, primary):
    headers = {key: value for key, value in HEADERS.items() if key != "x-api-key"}
    answer = lanes.gateway.http.post(
        "/v1/messages",
        json=request(lanes.take("anthropic"), stream=False),
        headers=headers | {"authorization": "Bearer clients-own-token"},
    )
    assert answer.status_code == 200
    seen = primary.requests()[0]["headers"]
    assert "authorization" not in seen
    assert seen["x-api-key"] == "***mary"


def test_the_models_are_listed_for_anthropics_client(lanes):
    library = anthropic.Anthropic(base_url=lanes.gateway.url, api_key="any", max_retries=0)
    assert "patient-0-0" in [model.id for model in library.models.list(limit=1000)]


def test_errors_have_anthropics_envelope(lanes):
    for path, body, status, kind in [
        ("/v1/messages", "{", 400, "invalid_request_error"),
        ("/v1/messages", json.dumps(request("nobody-knows-it")), 404, "not_found_error"),
        ("/v1/messages/batches", "{}", 404, "not_found_error"),
    ]:
        answer = lanes.gateway.http.post(path, content=body, headers=HEADERS)
        assert answer.status_code == status, answer.text
        assert answer.json()["type"] == "error"
        assert answer.json()["error"]["type"] == kind
        assert answer.json()["request_id"]
