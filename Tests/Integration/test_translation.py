"""A client of one provider answered by another: what it asks and what it gets has the same meaning."""

import json

import pytest

from clients import FORMATS, SYSTEM, OpenAIChat, OpenAIResponses
from harness import WORDS, provider_of, target

KINDS = ("openai", "anthropic", "gemini")
LANES = {(kind,): 50 for kind in KINDS} | {(kind, other): 20 for kind in KINDS for other in KINDS if kind != other}

# The mock's words for an answer that was cut off by its length.
TOO_LONG = {"openai": "length", "anthropic": "max_tokens", "gemini": "MAX_TOKENS"}
# How many events of a provider's shape come before the first word.
BEFORE_TEXT = {"openai": 1, "anthropic": 3, "gemini": 0}

PAIRS = [(client, kind) for client in FORMATS for kind in KINDS if client.kind != kind]
pairs = pytest.mark.parametrize("kind_of_client, kind", PAIRS, ids=lambda v: getattr(v, "__name__", v))
manners = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@pytest.fixture
def client(lanes, kind_of_client):
    return kind_of_client(lanes.gateway.url)


@pytest.fixture
def ask(client, streamed):
    return client.stream if streamed else client.ask


@pairs
@manners
def test_an_answer_is_carried_over(client, ask, lanes, primary, kind):
    primary.replies()
    reply = ask(lanes.take(kind))
    assert reply.outcome == (WORDS, client.finish, None)
    assert reply.usage[0] > 0 and reply.usage[1] == 10
    (request,) = primary.requests()
    assert SYSTEM in request["body"] and "hello" in request["body"]
    # The limit of the answer, whatever each of them calls it.
    assert ":500" in request["body"]


@pairs
@manners
def test_an_answer_cut_off_by_its_length_says_so(client, ask, lanes, primary, kind):
    primary.replies(finish=TOO_LONG[kind])
    reply = ask(lanes.take(kind))
    assert (reply.text, reply.finish) == (WORDS, client.length)


@pairs
@manners
def test_thinking_does_not_become_text(client, ask, lanes, primary, kind):
    primary.replies(thinking="let me see now")
    assert ask(lanes.take(kind)).outcome == (WORDS, client.finish, None)


@pairs
@manners
@pytest.mark.parametrize("text", ["", "Let me look."], ids=["alone", "after text"])
def test_tools_are_called_and_their_results_answered(client, ask, lanes, primary, kind, text):
    calls = [{"arguments": {"city": "Oslo"}}, {"arguments": {"city": "Rome, all of it"}}]
    primary.steps({"tool": calls} | ({"reply": text} if text else {}))
    model = lanes.take(kind)
    first = ask(model, tools=True)
    assert first.outcome == (text, client.calls, None)
    assert first.calls == [("weather", {"city": "Oslo"}), ("weather", {"city": "Rome, all of it"})]
    # The mock refuses a conversation in which calls and results do not fit.
    second = ask(model, tools=True, after=first, results=["cold", "warm"])
    assert (second.finish, second.error) == (client.finish, None)
    assert "warm" in second.text
    body = primary.requests()[-1]["body"]
    assert body.index("cold") < body.index("warm")
    assert json.loads(body)


@pairs
@manners
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 401}, {"inBandError": True}], ids=str)
def test_a_fallback_crosses_providers(client, ask, lanes, primary, secondary, kind, fault):
    primary.always(**fault)
    secondary.replies()
    assert ask(lanes.take(client.kind, kind)).outcome == (WORDS, client.finish, None)
    assert (primary.count, secondary.count) == (1, 1)


@pairs
@manners
def test_a_fallback_comes_back(client, ask, lanes, primary, secondary, kind):
    """The foreign provider fails, and one of the client's own kind answers."""
    primary.always(cutAfterEvents=BEFORE_TEXT[kind])
    secondary.replies()
    assert ask(lanes.take(kind, client.kind)).outcome == (WORDS, client.finish, None)
    assert (primary.count, secondary.count) == (1, 1)


@pairs
@pytest.mark.parametrize("fault", ["cut", "error", "no end"])
def test_a_fault_after_the_first_token_is_told_in_the_clients_words(client, lanes, primary, kind, fault):
    sent = BEFORE_TEXT[kind] + 2
    primary.always(
        reply=WORDS,
        **{
            "cut": {"cutAfterEvents": sent},
            "error": {"inBandError": True, "afterEvents": sent},
            "no end": {"omitFinish": True, "omitDone": True},
        }[fault],
    )
    reply = client.stream(lanes.take(kind))
    assert reply.error is not None and client.is_in_band(reply.error), repr(reply.error)
    assert (reply.text, reply.finish) == (WORDS if fault == "no end" else "one two ", None)


@pairs
def test_a_mistake_that_the_provider_finds_is_the_clients(client, lanes, primary, kind):
    primary.always(status=400)
    with pytest.raises(client.errors) as caught:
        client.ask(lanes.take(kind))
    assert "scripted status 400" in str(caught.value)
    assert client.status(caught.value) == 400
    assert primary.count == 1


@pytest.mark.parametrize("kind_of_client", [OpenAIChat], ids=["OpenAIChat"])
@pytest.mark.parametrize("kind", ["anthropic", "gemini"])
def test_images_and_schemas_are_carried_over(client, lanes, primary, kind):
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    content = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{pixel}"}},
    ]
    schema = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
    schema["additionalProperties"] = False
    primary.replies('{"what":"a pixel"}')
    completion = client.library.chat.completions.create(
        model=lanes.take(kind),
        messages=[{"role": "user", "content": content}],
        response_format={"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": schema}},
    )
    assert json.loads(completion.choices[0].message.content) == {"what": "a pixel"}
    body = primary.requests()[0]["body"]
    assert pixel in body and "image/png" in body and '"what"' in body


@manners
def test_responses_are_translated_for_services_with_chats_alone(start, primary, streamed):
    gateway = start(
        providers={"service": provider_of("openai", primary, responses="translated")},
        models={"service": {"targets": [target("service")]}},
    )
    primary.replies()
    client = OpenAIResponses(gateway.url)
    reply = (client.stream if streamed else client.ask)("service")
    assert reply.outcome == (WORDS, "completed", None)
    assert [request["path"] for request in primary.requests()] == ["/v1/chat/completions"]
