"""The official client completes chats through the gateway while nothing fails."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import UPSTREAM_MODEL, WORDS, collect, provider

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
MESSAGES = [{"role": "user", "content": "hello"}]


def test_a_plain_chat_is_answered_by_the_first_target(gateway, primary, secondary):
    primary.replies()
    answer = gateway.ask()
    assert answer.text == WORDS
    assert answer.completion.choices[0].finish_reason == "stop"
    assert answer.completion.usage.total_tokens > 0
    assert (answer.target, answer.attempts, answer.fallbacks) == (f"primary/{UPSTREAM_MODEL}", 1, 0)
    assert answer.headers["x-sage-request-id"]
    assert float(answer.headers["x-sage-overhead-ms"]) >= 0
    assert (primary.count, secondary.count) == (1, 0)


def test_every_answer_has_a_request_id_of_its_own(gateway):
    ids = {gateway.ask().headers["x-sage-request-id"] for _ in range(5)}
    assert len(ids) == 5


def test_a_streamed_chat_arrives_whole(gateway, primary):
    primary.replies()
    stream = gateway.client().chat.completions.create(model="chat", messages=MESSAGES, stream=True)
    text, finish, error = collect(stream)
    assert (text, finish, error) == (WORDS, "stop", None)
    assert stream.response.headers["content-type"].startswith("text/event-stream")
    assert stream.response.headers["x-sage-target"] == f"primary/{UPSTREAM_MODEL}"


def test_tokens_are_passed_on_as_they_come(gateway, primary):
    primary.replies(eventDelay="400ms")
    times = []
    for chunk in gateway.client().chat.completions.create(model="chat", messages=MESSAGES, stream=True):
        if chunk.choices and chunk.choices[0].delta.content:
            times.append(time.monotonic())
    assert len(times) == len(WORDS.split())
    # Seven gaps of 400 ms upstream; a gateway that collects the stream first would show almost none.
    assert times[-1] - times[0] > 0.7


def test_usage_of_a_stream_is_passed_on(gateway):
    stream = gateway.client().chat.completions.create(
        model="chat", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    usage = [chunk.usage for chunk in stream if chunk.usage]
    assert len(usage) == 1 and usage[0].total_tokens > 0


def test_a_tool_is_called_and_its_result_answered(gateway, primary):
    client = gateway.client()
    primary.steps({"tool": {"name": "weather", "arguments": '{"city":"Oslo"}'}}, {"ok": True, "reply": "It snows."})
    first = client.chat.completions.create(model="chat", messages=MESSAGES, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    call = first.choices[0].message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "Oslo"})

    messages = MESSAGES + [
        first.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "snow"},
    ]
    second = client.chat.completions.create(model="chat", messages=messages, tools=[WEATHER])
    assert second.choices[0].message.content == "It snows."
    sent = json.loads(primary.requests()[1]["body"])
    assert sent["messages"][-1] == {"role": "tool", "tool_call_id": call.id, "content": "snow"}
    assert sent["tools"] == [WEATHER]


def test_a_streamed_tool_call_arrives_whole(gateway, primary):
    primary.always(tool={"name": "weather", "arguments": '{"city": "Oslo", "unit": "C"}'})
    arguments, name, finish = "", None, None
    for chunk in gateway.client().chat.completions.create(
        model="chat", messages=MESSAGES, tools=[WEATHER], stream=True
    ):
        choice = chunk.choices[0]
        finish = choice.finish_reason or finish
        for call in choice.delta.tool_calls or []:
            name = call.function.name or name
            arguments += call.function.arguments or ""
    assert (name, json.loads(arguments), finish) == ("weather", {"city": "Oslo", "unit": "C"}, "tool_calls")


def test_the_provider_gets_its_own_model_name_and_key(gateway, primary):
    gateway.ask(extra_headers={"authorization": "Bearer of-the-client-only"})
    (request,) = primary.requests()
    assert request["model"] == UPSTREAM_MODEL
    # The mock shows a credential's last four characters.
    assert request["headers"]["authorization"].endswith("mary")


def test_fields_that_sage_does_not_know_reach_the_provider_unchanged(gateway, primary):
    gateway.ask(extra_body={"service_tier": "flex", "future": {"nested": [1, 2.5, None, "ü\u0000😀"]}}, seed=2**53 + 1)
    sent = json.loads(primary.requests()[0]["body"])
    assert sent["service_tier"] == "flex"
    assert sent["future"] == {"nested": [1, 2.5, None, "ü\u0000😀"]}
    assert sent["seed"] == 2**53 + 1


def test_headers_of_a_provider_are_added(start, primary):
    gateway = start(providers={"primary": provider(primary, headers={"x-team": "blue"})})
    gateway.ask()
    assert primary.requests()[0]["headers"]["x-team"] == "blue"


def test_a_providers_own_model_is_reachable_by_its_name(gateway, primary, secondary):
    answer = gateway.ask(model="secondary/some-model")
    assert answer.target == "secondary/some-model"
    assert secondary.requests()[0]["model"] == "some-model"
    assert primary.count == 0


def test_models_lists_the_configured_names(gateway):
    ids = {model.id for model in gateway.client().models.list()}
    assert {"chat", "single"} <= ids


@pytest.mark.parametrize("content", ["", "ü 😀 \u2028", "a" * 200_000, 'quotes " and \\ backslashes \n'])
def test_any_text_survives_the_way(gateway, primary, content):
    primary.replies("ok")
    assert gateway.ask(content=content).text == "ok"
    request = primary.requests()[0]
    assert request["body_bytes"] > len(content)
    if request["body_bytes"] < 60_000:
        assert json.loads(request["body"])["messages"][0]["content"] == content


def test_many_clients_at_once_are_all_answered(gateway, primary):
    # More than the eight connections a host that one HTTP client library allows by default.
    primary.replies(latency="500ms")
    began = time.monotonic()
    with ThreadPoolExecutor(24) as pool:
        texts = list(pool.map(lambda _: gateway.ask().text, range(24)))
    assert texts == [WORDS] * 24
    # One after the other they would take twelve seconds.
    assert time.monotonic() - began < 10
