"""Streams that break: before the first token nobody notices, after it the client is told. A short answer that looks
whole is the one thing that must never happen."""

import time

import httpx
import pytest

from harness import UPSTREAM_MODEL, WORDS, collect, eventually, in_band

MESSAGES = [{"role": "user", "content": "hello"}]


def open_stream(gateway, model="chat"):
    return gateway.client(max_retries=2).chat.completions.create(model=model, messages=MESSAGES, stream=True)


@pytest.mark.parametrize("model", ["chat", "single"])
def test_a_stream_cut_after_three_events_raises(gateway, primary, secondary, model):
    primary.always(reply=WORDS, cutAfterEvents=3)
    text, finish, error = collect(open_stream(gateway, model))
    # The first event carries the role, the next two a word each.
    assert (text, finish) == ("one two ", None)
    assert in_band(error), repr(error)
    assert error.code == "upstream_truncated"
    assert (primary.count, secondary.count) == (1, 0)


def test_a_stream_that_ends_without_a_finish_raises(gateway, primary):
    primary.always(reply=WORDS, omitFinish=True, omitDone=True)
    text, finish, error = collect(open_stream(gateway))
    assert (text, finish) == (WORDS, None)
    assert in_band(error), repr(error)
    assert error.code == "upstream_truncated"


@pytest.mark.parametrize("omission", ["omitDone", "omitFinish"])
def test_one_mark_of_the_end_is_enough(gateway, primary, omission):
    # Some services send no [DONE], others no reason for finishing; all the content is there in both cases.
    primary.always(reply=WORDS, **{omission: True})
    answer = gateway.post({"model": "chat", "messages": MESSAGES, "stream": True})
    assert answer.status_code == 200
    assert answer.text.rstrip().endswith("data: [DONE]")
    assert "upstream_truncated" not in answer.text


def test_an_error_in_the_stream_never_ends_with_the_mark_of_success(gateway, primary):
    primary.always(reply=WORDS, cutAfterEvents=3)
    answer = gateway.post({"model": "chat", "messages": MESSAGES, "stream": True})
    assert "upstream_truncated" in answer.text
    assert '"finish_reason":"stop"' not in answer.text.replace(": ", ":")
    assert "[DONE]" not in answer.text


@pytest.mark.parametrize("events", [0, 1], ids=["at once", "after the role"])
def test_an_error_before_the_first_token_moves_to_the_next_target(gateway, primary, secondary, events):
    primary.always(inBandError='{"error":{"message":"boom"}}', afterEvents=events)
    secondary.replies()
    stream = open_stream(gateway)
    roles, text, finish = 0, "", None
    for chunk in stream:
        delta = chunk.choices[0].delta
        roles += 1 if delta.role else 0
        text += delta.content or ""
        finish = chunk.choices[0].finish_reason or finish
    assert (text, finish, roles) == (WORDS, "stop", 1)
    assert stream.response.headers["x-sage-target"] == f"secondary/{UPSTREAM_MODEL}"
    assert stream.response.headers["x-sage-fallbacks"] == "1"
    assert (primary.count, secondary.count) == (1, 1)


def test_an_error_after_the_first_token_reaches_the_client(gateway, primary, secondary):
    primary.always(reply=WORDS, inBandError='{"error":{"message":"boom"}}', afterEvents=3)
    text, finish, error = collect(open_stream(gateway))
    assert (text, finish) == ("one two ", None)
    assert in_band(error), repr(error)
    assert error.code == "upstream_error"
    assert (primary.count, secondary.count) == (1, 0)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"hangBeforeHeaders": "forever"},
        {"hangAfterEvents": 0},
        {"hangAfterEvents": 1},
        {"cutAfterEvents": 0},
        {"cutAfterEvents": 1},
        {"cutAfterEvents": 1, "reset": True},
    ],
    ids=str,
)
def test_a_fault_before_the_first_token_moves_to_the_next_target(start, primary, secondary, fault):
    gateway = start(timeouts={"responseHeaders": "500ms", "firstToken": "500ms"})
    primary.always(**fault)
    secondary.replies()
    stream = open_stream(gateway)
    assert collect(stream) == (WORDS, "stop", None)
    assert stream.response.headers["x-sage-target"] == f"secondary/{UPSTREAM_MODEL}"
    assert (primary.count, secondary.count) == (1, 1)


def test_silence_between_tokens_reaches_the_client(start, primary, secondary):
    gateway = start(timeouts={"betweenTokens": "1s"})
    primary.always(reply=WORDS, hangAfterEvents=3)
    began = time.monotonic()
    text, finish, error = collect(open_stream(gateway))
    # The next limit, that of the attempt, would end it after ten seconds.
    assert time.monotonic() - began < 8
    assert (text, finish) == ("one two ", None)
    assert in_band(error), repr(error)
    assert primary.requests(ended=1)[0]["outcome"] == "client_disconnected"
    assert secondary.count == 0


def test_a_slow_drip_is_not_a_failure(start, primary):
    # All of it takes longer than any limit, and no single wait does by far.
    gateway = start(timeouts={"betweenTokens": "2s", "firstToken": "2s"})
    primary.replies(eventDelay="300ms")
    assert collect(open_stream(gateway)) == (WORDS, "stop", None)


def test_a_reset_in_the_middle_raises(gateway, primary):
    primary.always(reply=WORDS, cutAfterEvents=3, reset=True)
    text, finish, error = collect(open_stream(gateway))
    assert WORDS.startswith(text) and text != WORDS and finish is None
    assert in_band(error), repr(error)


@pytest.mark.parametrize("streamed", [True, False])
def test_a_client_that_leaves_cancels_the_upstream_and_hurts_no_breaker(start, primary, streamed):
    gateway = start(breaker={"window": "10 calls", "minimumCalls": 1, "consecutiveFailures": 1})
    if streamed:
        primary.replies(" ".join(["word"] * 500), eventDelay="50ms")
        stream = open_stream(gateway, "single")
        next(stream)
        next(stream)
        stream.close()
    else:
        primary.always(hangBeforeHeaders="forever")
        with pytest.raises(httpx.ReadTimeout):
            gateway.post({"model": "single", "messages": MESSAGES}, timeout=3)
    assert primary.requests(ended=1)[0]["outcome"] == "client_disconnected"
    assert primary.count == 1
    # The provider hears of it before the call has ended in the gateway.
    eventually(lambda: gateway.target()["in_flight"] == 0, what="the end of the call")
    breaker = gateway.breaker()
    assert (breaker["state"], breaker["failures"]) == ("closed", 0)
    primary.replies()
    assert gateway.ask("single").text == WORDS


def test_a_finished_stream_counts_as_one_success(start, primary):
    gateway = start()
    primary.replies()
    collect(open_stream(gateway, "single"))
    breaker = eventually(lambda: (seen := gateway.breaker())["calls"] and seen, what="the call being recorded")
    assert (breaker["calls"], breaker["failures"]) == (1, 0)


def test_a_broken_stream_counts_as_one_failure(start, primary):
    gateway = start()
    primary.always(reply=WORDS, cutAfterEvents=3)
    collect(open_stream(gateway, "single"))
    breaker = eventually(lambda: (seen := gateway.breaker())["calls"] and seen, what="the call being recorded")
    assert (breaker["calls"], breaker["failures"]) == (1, 1)
    assert breaker["last_failure"]["class"]
