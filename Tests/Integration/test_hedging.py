"""Hedged requests with the official client: a second call beside one that takes long, and what it may cost."""

import pytest

from harness import WORDS, UPSTREAM_MODEL, collect

# Far longer than a test may take: the answer that is waited for must be the other one.
STALLED = "30s"
HEDGED = {"x-sage-hedge": "true"}


@pytest.fixture
def gateway(start):
    return start(hedge={"delay": "100ms"})


def ask(gateway, model="chat", **options):
    return gateway.ask(model, extra_headers=HEDGED, **options)


def calls(gateway, kind):
    lines = gateway.http.get("/metrics").text.splitlines()
    return [line for line in lines if line.startswith("sage_upstream_requests_total") and f'kind="{kind}"' in line]


def test_the_answer_that_comes_first_is_taken_and_the_other_call_is_cancelled(gateway, primary, secondary):
    primary.replies(latency=STALLED)
    secondary.replies()
    answer = ask(gateway)
    assert (answer.text, answer.target) == (WORDS, f"secondary/{UPSTREAM_MODEL}")
    (stalled,) = primary.requests(ended=1)
    assert stalled["outcome"] == "client_disconnected"
    assert secondary.count == 1
    (hedge,) = calls(gateway, "hedge")
    assert 'outcome="success"' in hedge and hedge.endswith(" 1")
    # The loser was never shown to have failed.
    assert gateway.breaker()["failures"] == 0


def test_a_stream_is_hedged_until_its_first_token(gateway, primary, secondary):
    primary.replies(eventDelay=STALLED)
    secondary.replies()
    stream = gateway.client().chat.completions.create(
        model="chat", messages=[{"role": "user", "content": "hello"}], stream=True, extra_headers=HEDGED
    )
    assert collect(stream) == (WORDS, "stop", None)
    (stalled,) = primary.requests(ended=1)
    assert stalled["outcome"] == "client_disconnected"


def test_a_quick_answer_is_not_paid_for_twice(start, primary, secondary):
    gateway = start(hedge={"delay": "5s"})
    for _ in range(5):
        assert ask(gateway).target == f"primary/{UPSTREAM_MODEL}"
    assert (primary.count, secondary.count) == (5, 0)
    assert not calls(gateway, "hedge")


@pytest.mark.parametrize("headers", [{}, {"x-sage-hedge": "false"}])
def test_nothing_is_hedged_that_is_not_marked(start, primary, secondary, headers):
    gateway = start(hedge={"delay": "10ms"})
    primary.replies(latency="300ms")
    answer = gateway.ask(extra_headers=headers)
    assert (answer.target, answer.attempts) == (f"primary/{UPSTREAM_MODEL}", 1)
    assert secondary.count == 0


def test_hedges_and_retries_have_one_budget_of_attempts(start, primary, secondary):
    gateway = start(hedge={"delay": "20ms", "maxHedges": 5}, retry={"maxAttempts": 3})
    for mock in (primary, secondary):
        mock.always(status=500, latency="200ms")
    answer = gateway.post({"model": "chat", "messages": [{"role": "user", "content": "hello"}]}, headers=HEDGED)
    assert answer.status_code == 502
    assert primary.count + secondary.count == 3
