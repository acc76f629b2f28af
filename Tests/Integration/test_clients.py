"""Every official client against providers of its own kind that fail in every way: what can be hidden is hidden, and a
short answer that looks whole never happens."""

import pytest

from clients import CLIENTS, FORMATS
from harness import WORDS, provider_of, target

LANES = {
    ("openai", "openai"): 120,
    ("anthropic", "anthropic"): 70,
    ("gemini", "gemini"): 60,
    ("openai",): 10,
    ("anthropic",): 5,
    ("gemini",): 5,
}

HTML = "<html><head><title>502 Bad Gateway</title></head></html>"

# Faults before an answer has begun.
FAULTS = {
    "503": {"status": 503},
    "500": {"status": 500},
    "429": {"status": 429, "headers": {"retry-after": "30"}},
    "529": {"status": 529},
    "wrong key": {"status": 401},
    "html 502": {"html": HTML},
    "html 200": {"html": HTML, "status": 200},
    "empty body": {"status": 200, "body": ""},
    "no JSON": {"status": 200, "body": "upstream connect error"},
    "another JSON": {"status": 200, "body": {"hello": "world"}},
    "redirect": {"status": 302, "headers": {"location": "http://127.0.0.1:9/"}},
    "reset": {"reset": True},
    "error in 200": {"inBandError": True},
}

everyone = pytest.mark.parametrize("kind_of_client", CLIENTS, ids=lambda client: client.__name__)
each_format = pytest.mark.parametrize("kind_of_client", FORMATS, ids=lambda client: client.__name__)


@pytest.fixture
def client(lanes, kind_of_client):
    return kind_of_client(lanes.gateway.url)


@everyone
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_healthy_provider_is_understood(client, lanes, primary, streamed):
    primary.replies()
    model = lanes.take(client.kind, client.kind)
    reply = (client.stream if streamed else client.ask)(model)
    assert reply.outcome == (WORDS, client.finish, None)
    # 39 bytes of text are 10 tokens to the mock.
    assert reply.usage[0] > 0 and reply.usage[1] == 10


@each_format
@pytest.mark.parametrize("fault", [*FAULTS, "cut"])
def test_a_fault_moves_a_whole_answer_to_the_next_target(client, lanes, primary, secondary, fault):
    primary.always(**({"cutAfterBytes": 40} if fault == "cut" else FAULTS[fault]))
    secondary.replies()
    assert client.ask(lanes.take(client.kind, client.kind)).outcome == (WORDS, client.finish, None)
    assert (primary.count, secondary.count) == (1, 1)


@each_format
@pytest.mark.parametrize("fault", [*FAULTS, "cut", "cut at once", "error"])
def test_a_fault_before_the_first_token_moves_a_stream_to_the_next_target(client, lanes, primary, secondary, fault):
    late = {
        "cut": {"cutAfterEvents": client.events_before_text},
        "cut at once": {"cutAfterEvents": 0},
        "error": {"inBandError": True, "afterEvents": client.events_before_text},
    }
    primary.always(**(FAULTS | late)[fault])
    secondary.replies()
    assert client.stream(lanes.take(client.kind, client.kind)).outcome == (WORDS, client.finish, None)
    assert (primary.count, secondary.count) == (1, 1)


@everyone
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_hang_moves_to_the_next_target(client, lanes, primary, secondary, streamed):
    primary.always(hangBeforeHeaders="forever")
    secondary.replies()
    reply = (client.stream if streamed else client.ask)(lanes.take(client.kind, client.kind, hasty=True))
    assert reply.outcome == (WORDS, client.finish, None)
    assert primary.requests(ended=1)[0]["outcome"] == "client_disconnected"


@each_format
def test_silence_before_the_first_token_moves_to_the_next_target(client, lanes, primary, secondary):
    primary.always(hangAfterEvents=client.events_before_text)
    secondary.replies()
    reply = client.stream(lanes.take(client.kind, client.kind, hasty=True))
    assert reply.outcome == (WORDS, client.finish, None)


@everyone
@pytest.mark.parametrize("fault", ["cut", "reset", "error", "silence", "no end"])
def test_a_fault_after_the_first_token_is_told_explicitly(client, lanes, primary, secondary, fault):
    sent = client.events_before_text + 2
    primary.always(
        reply=WORDS,
        **{
            "cut": {"cutAfterEvents": sent},
            "reset": {"cutAfterEvents": sent, "reset": True},
            "error": {"inBandError": True, "afterEvents": sent},
            "silence": {"hangAfterEvents": sent},
            "no end": {"omitFinish": True, "omitDone": True},
        }[fault],
    )
    # Limits are short for the silence alone: what is said in time must not be late by them.
    reply = client.stream(lanes.take(client.kind, client.kind, hasty=fault == "silence"))
    assert reply.error is not None and client.is_in_band(reply.error), repr(reply.error)
    assert reply.finish is None
    # A reset may overtake what came before it.
    assert reply.text == {"no end": WORDS}.get(fault, "one two ") or fault == "reset" and WORDS.startswith(reply.text)
    assert (primary.count, secondary.count) == (1, 0)


@everyone
def test_a_single_target_is_tried_again(client, lanes, primary):
    primary.steps({"status": 503}, {"ok": True, "reply": WORDS})
    assert client.ask(lanes.take(client.kind)).text == WORDS
    assert primary.count == 2


@each_format
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_spent_limit_is_an_error_of_the_clients_own_class(client, lanes, primary, secondary, streamed):
    for mock in (primary, secondary):
        mock.always(status=429, headers={"retry-after": "30"})
    with pytest.raises(client.limited) as caught:
        reply = (client.stream if streamed else client.ask)(lanes.take(client.kind, client.kind))
        raise reply.error
    assert client.status(caught.value) == 429


@everyone
def test_a_clients_mistake_keeps_the_providers_words(client, lanes, primary, secondary):
    message = "temperature: must be at most 2"
    body = {
        "openai": {"error": {"message": message, "type": "invalid_request_error", "param": "x", "code": None}},
        "anthropic": {"type": "error", "error": {"type": "invalid_request_error", "message": message}},
        "gemini": {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}},
    }
    primary.always(status=400, body=body[client.kind])
    with pytest.raises(client.errors) as caught:
        client.ask(lanes.take(client.kind, client.kind))
    assert message in str(caught.value)
    assert client.status(caught.value) == 400
    assert (primary.count, secondary.count) == (1, 0)


@everyone
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_tools_are_called_and_their_results_answered(client, lanes, primary, streamed):
    """Two calls at once, and back: the mock refuses a conversation in which calls and results do not fit."""
    calls = [{"arguments": {"city": "Oslo"}}, {"arguments": {"city": "Rome, all of it"}}]
    primary.steps({"reply": "Let me look.", "tool": calls})
    model = lanes.take(client.kind, client.kind)
    ask = client.stream if streamed else client.ask
    first = ask(model, tools=True)
    assert first.outcome == ("Let me look.", client.calls, None)
    assert first.calls == [("weather", {"city": "Oslo"}), ("weather", {"city": "Rome, all of it"})]
    second = ask(model, tools=True, after=first, results=["cold", "warm"])
    assert (second.finish, second.error) == (client.finish, None)
    assert "warm" in second.text


# --- Signs of life -------------------------------------------------------------------------------------------------


@pytest.fixture
def pinging(start, primary, secondary, kind_of_client):
    """A client of a gateway that pings long before the first token comes."""
    kind = kind_of_client.kind
    gateway = start(
        server={"streamKeepAlive": "20ms"},
        providers={"one": provider_of(kind, primary), "two": provider_of(kind, secondary, policy="patient")},
        models={"both": {"targets": [target("one"), target("two")]}},
        timeouts={"responseHeaders": "500ms"},
    )
    return kind_of_client(gateway.url)


@each_format
def test_signs_of_life_are_understood_by_every_client(pinging, primary, secondary):
    primary.always(hangBeforeHeaders="forever")
    secondary.replies()
    assert pinging.stream("both").outcome == (WORDS, pinging.finish, None)


@each_format
def test_an_error_after_signs_of_life_is_told_explicitly(pinging, primary, secondary):
    primary.always(hangBeforeHeaders="forever")
    secondary.always(hangBeforeHeaders="200ms", status=400)
    reply = pinging.stream("both")
    assert (reply.text, reply.finish) == ("", None)
    assert reply.error is not None and pinging.is_in_band(reply.error), repr(reply.error)


# --- Keys ----------------------------------------------------------------------------------------------------------


@each_format
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_refused_key_is_replaced_by_the_next(start, primary, kind_of_client, streamed):
    described = provider_of(kind_of_client.kind, primary, apiKeys=["key-revoked", "key-good"])
    described.pop("apiKey")
    gateway = start(providers={"keyed": described}, models={"keyed": {"targets": [target("keyed")]}})
    refused = {"authorization": "Bearer key-revoked"}
    refused = {"anthropic": {"x-api-key": "key-revoked"}, "gemini": {"x-goog-api-key": "key-revoked"}}.get(
        kind_of_client.kind, refused
    )
    primary.script([{"match": {"header": refused}, "steps": [{"status": 401}], "then": "repeat"}])
    client = kind_of_client(gateway.url)
    for _ in range(3):
        assert (client.stream if streamed else client.ask)("keyed").text.startswith("You said: ")
    statuses = [request["status"] for request in primary.requests()]
    # Once refused, the key is not tried again.
    assert statuses.count(200) == 3 and statuses.count(401) <= 1
