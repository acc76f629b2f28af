"""The circuit breaker of a target, from outside."""

import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest

from harness import UPSTREAM_MODEL, WORDS, eventually

NARROW = {
    "window": "10 calls",
    "minimumCalls": 3,
    "consecutiveFailures": 3,
    "recoveryTimeout": "30s",
    "halfOpenMaxCalls": 2,
}


@pytest.fixture
def gateway(start):
    """Opens after three failures; one attempt a request, so that requests are attempts."""
    return start(breaker=NARROW, retry={"maxAttempts": 1})


@pytest.fixture
def recovering(start):
    """The same, which admits probes after a moment. Only for tests that wait for them: in all others it has to stay
    open, however long they take."""
    return start(
        breaker=NARROW | {"recoveryTimeout": "2s"}, retry={"maxAttempts": 1}, timeouts={"responseHeaders": "9s"}
    )


def fails(gateway, model="single"):
    with pytest.raises(openai.APIStatusError) as caught:
        gateway.ask(model)
    return caught.value


def opened(gateway, primary):
    primary.always(status=500)
    for _ in range(3):
        assert fails(gateway).code == "upstream_error"
    assert gateway.breaker()["state"] == "open"


def admits_probes(gateway):
    eventually(lambda: not gateway.breaker()["retry_after_ms"], what="the end of the recovery time")


def test_it_opens_and_rejects_without_touching_the_provider(gateway, primary):
    opened(gateway, primary)
    for _ in range(5):
        error = fails(gateway)
        assert (error.status_code, error.code) == (503, "circuit_open")
        assert 1 <= int(error.response.headers["retry-after"]) <= 60
        assert "x-should-retry" not in error.response.headers
    assert primary.count == 3
    breaker = gateway.breaker()
    assert breaker["not_permitted"] >= 5
    assert breaker["failures"] == 3
    assert breaker["last_failure"]["time"] and breaker["last_failure"]["class"]


def test_it_lets_exactly_the_configured_probes_through_and_closes(recovering, primary):
    gateway = recovering
    opened(gateway, primary)
    primary.reset()
    # Long enough for all others to be asked while the probes are under way.
    primary.replies(latency="4s")
    admits_probes(gateway)

    def ask(_):
        try:
            return gateway.ask("single").text
        except openai.APIStatusError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert sorted(answers) == sorted([WORDS] * 2 + ["circuit_open"] * 6)
    assert primary.count == 2
    assert gateway.breaker()["state"] == "closed"
    primary.replies()
    assert gateway.ask("single").text == WORDS


def test_a_failed_probe_opens_it_again(recovering, primary):
    gateway = recovering
    opened(gateway, primary)
    admits_probes(gateway)
    assert fails(gateway).code == "upstream_error"
    assert gateway.breaker()["state"] == "open"
    assert primary.count == 4
    assert fails(gateway).code == "circuit_open"
    assert primary.count == 4


def test_an_open_target_is_skipped_without_a_call(gateway, primary, secondary):
    opened(gateway, primary)
    secondary.replies()
    began = time.monotonic()
    answer = gateway.ask("chat")
    assert time.monotonic() - began < 5
    assert (answer.text, answer.target) == (WORDS, f"secondary/{UPSTREAM_MODEL}")
    assert primary.count == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429])
def test_what_is_not_the_providers_fault_does_not_open_it(gateway, primary, status):
    primary.always(status=status)
    for _ in range(5):
        fails(gateway)
    breaker = gateway.breaker()
    assert (breaker["state"], breaker["failures"]) == ("closed", 0)
    assert primary.count == 5


def test_targets_have_breakers_of_their_own(gateway, primary, secondary):
    opened(gateway, primary)
    assert gateway.ask("secondary/other").text
    assert gateway.breaker("secondary/other")["state"] == "closed"


def test_a_provider_that_redirects_every_call_is_left_alone(gateway, primary):
    primary.always(status=302, headers={"location": "http://127.0.0.1:9/"})
    for _ in range(3):
        assert fails(gateway).status_code == 502
    assert gateway.breaker()["state"] == "open"
    assert fails(gateway).code == "circuit_open"
    assert primary.count == 3
