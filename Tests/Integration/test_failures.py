"""Providers fail before an answer has begun, and the official client notices as little as possible."""

import time

import openai
import pytest

from harness import QUOTA_ERROR, UPSTREAM_MODEL, WORDS, free_port, target

OVERLOADED = '{"error":{"message":"The server is overloaded","type":"service_unavailable_error","code":null}}'


def fails(gateway, model="chat", *, sdk_retries=0, **options):
    with pytest.raises(openai.APIStatusError) as caught:
        gateway.ask(model, sdk_retries=sdk_retries, **options)
    return caught.value


def test_a_single_target_is_tried_again_after_503(gateway, primary):
    primary.steps({"status": 503, "body": OVERLOADED}, {"ok": True, "reply": WORDS})
    answer = gateway.ask("single")
    assert (answer.text, answer.attempts, answer.fallbacks) == (WORDS, 2, 0)
    assert primary.count == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "body": OVERLOADED},
        {"status": 429, "headers": {"retry-after": "30"}},
        {"status": 502, "html": "<html>502 Bad Gateway</html>"},
        {"reset": True},
        {"cutAfterBytes": 20},
        {"status": 200, "body": "not json at all"},
        {"status": 200, "body": ""},
        {"inBandError": '{"error":{"message":"boom","code":500}}'},
    ],
    ids=str,
)
def test_a_failing_primary_is_left_at_once(start, primary, secondary, fault):
    # A wait before the fallback would take five seconds.
    gateway = start(retry={"initialDelay": "5s", "maxDelay": "5s"})
    primary.steps(fault, then="repeat")
    secondary.replies()
    began = time.monotonic()
    answer = gateway.ask()
    assert time.monotonic() - began < 5
    assert (answer.text, answer.target) == (WORDS, f"secondary/{UPSTREAM_MODEL}")
    assert (answer.attempts, answer.fallbacks) == (2, 1)
    assert (primary.count, secondary.count) == (1, 1)


def test_a_primary_that_refuses_connections_is_left_at_once(start, secondary):
    down = {"kind": "openai", "baseURL": f"http://127.0.0.1:{free_port()}/v1", "apiKey": "key"}
    gateway = start(
        providers={"down": down},
        models={"chat": {"targets": [target("down"), target("secondary")]}},
        retry={"initialDelay": "5s", "maxDelay": "5s"},
    )
    secondary.replies()
    began = time.monotonic()
    answer = gateway.ask()
    assert time.monotonic() - began < 5
    assert (answer.text, answer.fallbacks, secondary.count) == (WORDS, 1, 1)


def test_a_primary_that_hangs_before_its_headers_is_left(start, primary, secondary):
    gateway = start(timeouts={"responseHeaders": "500ms"})
    primary.always(hangBeforeHeaders="forever")
    secondary.replies()
    answer = gateway.ask()
    assert (answer.text, answer.target) == (WORDS, f"secondary/{UPSTREAM_MODEL}")
    (request,) = primary.requests(ended=1)
    assert request["outcome"] == "client_disconnected"


def test_a_wait_that_the_provider_asks_for_is_kept(gateway, primary):
    primary.steps({"status": 429, "headers": {"retry-after": "1"}}, {"ok": True, "reply": WORDS})
    answer = gateway.ask("single")
    assert (answer.text, answer.attempts) == (WORDS, 2)
    first, second = (request["time_ms"] for request in primary.requests())
    assert 990 <= second - first < 5000


@pytest.mark.parametrize("asked, told", [("30", range(28, 31)), ("3600", [60])])
def test_a_wait_beyond_the_limit_is_handed_to_the_client(start, primary, asked, told):
    gateway = start(retry={"maxServerHint": "2s"})
    primary.always(status=429, headers={"retry-after": asked})
    began = time.monotonic()
    error = fails(gateway, "single")
    # Who waited would do so until the deadline, which is 20 s.
    assert time.monotonic() - began < 10
    assert isinstance(error, openai.RateLimitError)
    assert error.code == "rate_limited"
    assert int(error.response.headers["retry-after"]) in told
    assert primary.count == 1


def test_an_exhausted_quota_is_tried_exactly_once(gateway, primary):
    primary.always(status=429, body=QUOTA_ERROR)
    # Left alone, the client would try three times.
    error = fails(gateway, "single", sdk_retries=2)
    assert isinstance(error, openai.RateLimitError)
    assert error.code == "quota_exhausted"
    assert error.response.headers["x-should-retry"] == "false"
    assert error.body["upstream"]["code"] == "insufficient_quota"
    assert primary.count == 1


@pytest.mark.parametrize("sdk_retries", [0, 2])
def test_a_bad_request_is_never_repeated_and_keeps_its_message(gateway, primary, secondary, sdk_retries):
    primary.always(
        status=400,
        body='{"error":{"message":"max_tokens is too large: 999999","type":"invalid_request_error",'
        '"param":"max_tokens","code":"invalid_value"}}',
    )
    error = fails(gateway, sdk_retries=sdk_retries)
    assert isinstance(error, openai.BadRequestError)
    assert "max_tokens is too large: 999999" in error.message
    assert (error.code, error.type) == ("invalid_value", "invalid_request_error")
    assert (primary.count, secondary.count) == (1, 0)


def test_an_unprocessable_request_keeps_its_status(gateway, primary, secondary):
    primary.always(status=422, body='{"error":{"message":"cannot do that","type":"invalid_request_error"}}')
    error = fails(gateway)
    assert isinstance(error, openai.UnprocessableEntityError)
    assert "cannot do that" in error.message
    assert (primary.count, secondary.count) == (1, 0)


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_an_error_of_the_account_moves_on_once(gateway, primary, secondary, status):
    primary.always(status=status)
    secondary.replies()
    answer = gateway.ask()
    assert (answer.text, answer.attempts, answer.fallbacks) == (WORDS, 2, 1)
    assert (primary.count, secondary.count) == (1, 1)


def test_a_model_that_the_provider_does_not_know_is_not_found(gateway, primary):
    primary.always(
        status=404,
        body='{"error":{"message":"The model `x` does not exist","type":"invalid_request_error",'
        '"code":"model_not_found"}}',
    )
    error = fails(gateway, "single", sdk_retries=2)
    assert isinstance(error, openai.NotFoundError)
    assert "The model `x` does not exist" in error.message
    assert primary.count == 1


def test_a_spent_budget_is_not_multiplied_by_the_client(start, primary):
    gateway = start(retry={"maxAttempts": 3})
    primary.always(status=500, headers={"x-request-id": "req-of-the-provider"})
    error = fails(gateway, "single", sdk_retries=2)
    assert (error.status_code, error.code) == (502, "upstream_error")
    assert error.response.headers["x-should-retry"] == "false"
    assert error.response.headers["x-sage-request-id"]
    upstream = error.body["upstream"]
    assert (upstream["status"], upstream["target"]) == (500, f"primary/{UPSTREAM_MODEL}")
    assert primary.count == 3


def test_attempts_over_all_targets_stay_within_the_budget(start, primary, secondary):
    gateway = start(retry={"maxAttempts": 4})
    primary.always(status=500)
    secondary.always(status=503)
    error = fails(gateway, sdk_retries=2)
    assert error.status_code in (502, 503)
    assert primary.count + secondary.count == 4
    assert primary.count >= 1 and secondary.count >= 1


def test_no_request_ever_exceeds_the_budget(start, primary, secondary):
    gateway = start(retry={"maxAttempts": 3, "initialDelay": "1ms", "maxDelay": "5ms"})
    for seed, mock in enumerate((primary, secondary)):
        mock.script(
            {"seed": seed, "rules": [{"steps": [{"status": 500, "probability": 0.7}], "then": "repeat"}]},
        )
    seen, answered = 0, 0
    for _ in range(40):
        try:
            answer = gateway.ask()
            answered += 1
        except openai.APIStatusError:
            answer = None
        total = primary.count + secondary.count
        assert 1 <= total - seen <= 3
        if answer:
            assert answer.attempts == total - seen
        seen = total
    assert 0 < answered


def test_a_deadline_ends_the_request(start, primary):
    gateway = start(deadline="2s")
    primary.always(hangBeforeHeaders="forever")
    began = time.monotonic()
    error = fails(gateway, "single")
    assert 1 < time.monotonic() - began < 8
    assert (error.status_code, error.code) == (504, "deadline_exceeded")
    assert primary.requests(ended=1)[0]["outcome"] == "client_disconnected"


def test_a_client_may_shorten_the_deadline(gateway, primary):
    primary.always(hangBeforeHeaders="forever")
    began = time.monotonic()
    error = fails(gateway, "single", extra_headers={"x-sage-timeout-ms": "500"})
    assert time.monotonic() - began < 4
    assert (error.status_code, error.code) == (504, "deadline_exceeded")


def test_a_client_may_forbid_retries(gateway, primary):
    primary.always(status=503)
    fails(gateway, "single", extra_headers={"x-sage-no-retry": "true"})
    assert primary.count == 1


def test_a_client_may_forbid_fallbacks(start, primary, secondary):
    gateway = start(retry={"maxAttempts": 2})
    primary.always(status=503)
    fails(gateway, extra_headers={"x-sage-no-fallback": "true"})
    assert (primary.count, secondary.count) == (2, 0)


@pytest.mark.parametrize(
    "body",
    [
        '"a string"',
        "[1, 2]",
        '{"code": 17, "message": "odd"}',
        '[{"error": {"code": 500, "message": "odd"}}]',
        "<html>",
        "",
    ],
)
def test_an_error_of_any_shape_becomes_a_clear_one(start, primary, body):
    gateway = start(retry={"maxAttempts": 1})
    primary.always(status=500, body=body)
    error = fails(gateway, "single")
    assert (error.status_code, error.code) == (502, "upstream_error")
    assert error.body["message"]
    assert error.body["upstream"]["status"] == 500
