"""Breakers and limits that several processes share, and that survive the end of one and the loss of their store."""

import json
import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from harness import Gateway, eventually, policy, provider, run, target
from services import RedisServer

OPENING = {"window": "10 calls", "minimumCalls": 3, "consecutiveFailures": 3, "recoveryTimeout": "20s", "halfOpenMaxCalls": 3}


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture(params=["sqlite", "redis"])
def store(request, tmp_path):
    """The address of a store that several processes can share, empty at first."""
    return f"sqlite:{tmp_path}/shared.db" if request.param == "sqlite" else request.getfixturevalue("redis").url


@pytest.fixture
def on_redis(redis, make_fleet):
    return make_fleet(redis.url)


@pytest.fixture
def make_fleet(primary, servers, tmp_path):
    """Makes what starts gateways that share a store; one attempt a request, so that requests are attempts."""

    def make_fleet(address, *, limits=None, shared=None, providers=None, models=None, keys=None):
        def start(name="one", port=None, **breaker):
            configuration = {
                "server": {"host": "127.0.0.1"},
                "providers": {"primary": provider(primary, **({"limits": limits} if limits else {}))} | (providers or {}),
                "models": {"single": {"targets": [target("primary")]}} | (models or {}),
                "keys": keys or [],
                "policies": {
                    "default": policy(
                        breaker=OPENING | breaker, retry={"maxAttempts": 1}, maxWait="100ms",
                        # Of probes that take long.
                        deadline="60s", attemptTimeout="30s", timeouts={"responseHeaders": "30s"},
                    )  # fmt: skip
                },
                "storage": {"state": address, "shared": {"interval": "200ms"} | (shared or {})},
            }
            gateway = Gateway(tmp_path, configuration, "--data-dir", tmp_path / name, name=name, port=port)
            servers.append(gateway)
            # One whose only target is open from the beginning serves nobody, and is there all the same.
            gateway.ready_path = "/health/live"
            return gateway.wait_until_ready(within=60)

        return start

    return make_fleet


@pytest.fixture
def fleet(make_fleet, store):
    return make_fleet(store)


def fails(gateway):
    with pytest.raises(openai.APIStatusError) as caught:
        gateway.ask("single")
    return caught.value.code


def opened(gateway, primary):
    primary.always(status=500)
    for _ in range(3):
        assert fails(gateway) == "upstream_error"
    assert gateway.breaker()["state"] == "open"


def state_store(gateway):
    return next(store for store in gateway.status()["stores"] if store["name"] == "state")


def test_an_open_breaker_is_still_open_after_a_crash(fleet, primary):
    gateway, witness = fleet(), fleet("witness")
    opened(gateway, primary)
    before = gateway.breaker()["retry_after_ms"]
    began = time.monotonic()
    eventually(lambda: witness.breaker()["state"] == "open", what="the store having heard of the opening")
    gateway.process.kill()
    gateway.process.wait()
    again = fleet(port=gateway.port)
    breaker = again.breaker()
    elapsed = (time.monotonic() - began) * 1000
    assert breaker["state"] == "open"
    assert before - elapsed - 2000 < breaker["retry_after_ms"] <= before
    assert fails(again) == "circuit_open"
    assert primary.count == 3


def test_one_that_opens_opens_the_others(fleet, primary):
    gateways = [fleet(name) for name in ("one", "two", "three")]
    opened(gateways[0], primary)
    for gateway in gateways[1:]:
        eventually(lambda: gateway.breaker()["state"] == "open", what="the others being open")
        assert fails(gateway) == "circuit_open"
    assert primary.count == 3
    assert state_store(gateways[0])["up"]


def test_together_they_send_no_more_probes_than_one_would(fleet, primary):
    gateways = [fleet(name, recoveryTimeout="2s") for name in ("one", "two", "three")]
    opened(gateways[0], primary)
    for gateway in gateways[1:]:
        eventually(lambda: gateway.breaker()["state"] == "open", what="the others being open")
    # Probes that take long enough for all of them to be in flight at the same time, and for others to be refused then.
    primary.always(ok=True, reply="well", latency="8s")
    before = primary.count
    are_in_flight = threading.Event()

    def ask(gateway):
        try:
            return gateway.ask("single").text
        except openai.APIStatusError as error:
            return error.code

    def probe(gateway):
        """Asks until a probe of this one or of the others was the last that is allowed."""
        while (answer := ask(gateway)) == "circuit_open" and not are_in_flight.wait(0.05):
            pass
        return answer

    # Each alone could send all of them.
    with ThreadPoolExecutor(9) as pool:
        probes = [pool.submit(probe, gateway) for gateway in gateways * 3]
        try:
            eventually(lambda: primary.count - before >= 3, what="the probes being in flight")
        finally:
            are_in_flight.set()
        assert [ask(gateway) for gateway in gateways * 3] == ["circuit_open"] * 9
        assert primary.count - before == 3
        answers = [probe.result() for probe in probes]
    assert sorted(answers) == ["circuit_open"] * 6 + ["well"] * 3
    for gateway in gateways:
        # Without a call: what they have found together is enough.
        eventually(lambda: gateway.breaker()["state"] == "closed", what="all of them being closed")
    assert primary.count - before == 3


def test_advice_is_told_once(fleet, primary):
    one, two = fleet("one"), fleet("two")
    opened(one, primary)
    eventually(lambda: two.breaker()["state"] == "open", what="the other one being open")
    # Ten looks at the store later.
    left = two.breaker()["retry_after_ms"] - 2000
    eventually(lambda: two.breaker()["retry_after_ms"] < left, what="the time passing")
    told = "circuit breaker follows other instances"
    # Lines of the log are written in batches.
    eventually(lambda: told in two.output(), what="the advice in the log")
    assert two.output().count(told) == 1


# The store's answers are waited for as long as a busy machine needs, so that nobody ever decides alone.
EXACT = {"sharedLimits": True, "timeout": "5s"}
NAMES = ("one", "two", "three")


def ask_all(gateways, rounds, threads=12, **options):
    """The statuses of so many requests at each gateway, several at a time."""

    def ask(gateway):
        answer = gateway.post({"model": "single", "messages": [{"role": "user", "content": "hello"}]} | options)
        return answer.status_code, answer.headers.get("retry-after"), answer.json()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(ask, list(gateways) * rounds))


def test_a_limit_of_requests_is_exact_over_three_processes(make_fleet, store, primary):
    fleet = make_fleet(store, limits={"requestsPerMinute": 40}, shared=EXACT)
    gateways = [fleet(name) for name in NAMES]
    primary.replies()
    answers = ask_all(gateways, 30)
    assert Counter(status for status, _, _ in answers) == {200: 40, 429: 50}
    assert primary.count == 40
    refusals = [(wait, body["error"]) for status, wait, body in answers if status == 429]
    assert all(error["code"] == "rate_limited" for _, error in refusals)
    assert all(1 <= int(wait) <= 60 for wait, _ in refusals)
    for gateway in gateways:
        limiter = gateway.status()["limiters"][0]
        assert (limiter["shared"], limiter["available"]) == (True, 0)


def test_a_limit_of_tokens_is_exact_over_three_processes(make_fleet, redis, primary):
    limit = 1200
    fleet = make_fleet(redis.url, limits={"tokensPerMinute": limit}, shared=EXACT)
    gateways = [fleet(name) for name in NAMES]
    primary.replies()
    began = time.monotonic()
    used, estimate, left = 0, 100, 0
    while True:
        # What they have used is told in the background, each time more than what is left for the next ones.
        answers = [ask_all([gateway], 1, max_tokens=60)[0] for gateway in gateways]
        used += sum(body["usage"]["total_tokens"] for status, _, body in answers if status == 200)
        assert used <= limit + (time.monotonic() - began) * limit / 60 + 1
        if all(status == 429 for status, _, _ in answers):
            left = limit - used
            break
    assert left < estimate
    assert len(primary.requests()) > limit / estimate, "what an estimate was too high came back"


def test_a_key_has_one_limit_at_all_processes(make_fleet, redis, primary):
    done = run("keys", "create", "--name", "team", "--requests-per-minute", "5", "--json")
    key = json.loads(done.stdout)
    entry = {name: value for name, value in key.items() if name != "key" and value is not None}
    fleet = make_fleet(redis.url, shared=EXACT, keys=[entry])
    gateways = [fleet(name) for name in NAMES]
    primary.replies()
    statuses = Counter()
    for _ in range(4):
        for gateway in gateways:
            answer = gateway.post(
                {"model": "single", "messages": [{"role": "user", "content": "hello"}]},
                headers={"authorization": f"Bearer {key['key']}"},
            )
            statuses[answer.status_code] += 1
    assert statuses == {200: 5, 429: 7}


def timed(gateway):
    began = time.monotonic()
    assert gateway.ask("single").text
    return time.monotonic() - began


class Traffic:
    """Requests that go on until the end of the block, one after the other at each gateway."""

    def __init__(self, gateways):
        self.answers = []
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(gateway.url,)) for gateway in gateways]

    def run(self, url):
        body = {"model": "single", "messages": [{"role": "user", "content": "hello"}]}
        with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
            while not self.is_over.wait(0.02):
                began = time.monotonic()
                try:
                    status = client.post("/v1/chat/completions", json=body).status_code
                except httpx.TransportError as error:
                    status = repr(error)
                self.answers.append((status, time.monotonic() - began))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


def counted(redis, account):
    """How many requests Redis has counted for a limit in the last minute."""
    with socket.create_connection(("127.0.0.1", redis.port), timeout=5) as connection:
        connection.sendall(f"HGET {{sage}}:rate:{account} x\r\n".encode())
        answer = connection.recv(256).split(b"\r\n")
    return 0 if answer[0] == b"$-1" else int(answer[1])


def narrow(gateways, rounds):
    """How many of so many requests at each gateway get past the narrow limit."""
    return [
        [status for status, _, _ in ask_all([gateway], rounds, threads=1, model="narrow")].count(200)
        for gateway in gateways
    ]


@pytest.mark.parametrize("loss", ["kill", "pause"])
def test_without_its_store_each_goes_on_and_says_so(make_fleet, redis, primary, secondary, loss):
    fleet = make_fleet(
        redis.url,
        limits={"requestsPerMinute": 100_000, "tokensPerMinute": 100_000_000},
        shared={"sharedLimits": True, "timeout": "200ms"},
        providers={"narrow": provider(secondary, limits={"requestsPerMinute": 6})},
        models={"narrow": {"targets": [target("narrow")]}},
    )
    gateways = [fleet(name) for name in NAMES]
    primary.replies()
    secondary.replies()
    assert narrow(gateways[:1], 2) == [2]
    with Traffic(gateways) as traffic:
        eventually(lambda: len(traffic.answers) > 30, what="the traffic running")
        redis.kill() if loss == "kill" else redis.pause()
        for gateway in gateways:
            eventually(lambda: not state_store(gateway)["up"], what="the loss of the store being told")
            assert state_store(gateway)["error"]
            assert gateway.http.get("/health").json()["status"] == "degraded"
            assert gateway.http.get("/health/ready").status_code == 200
            assert 'sage_store_up{store="state"} 0' in gateway.http.get("/metrics").text
            eventually(lambda: not gateway.status()["limiters"][0]["shared"], what="limits being its own")
        # The whole limit for each, less what it has used itself.
        assert narrow(gateways, 7) == [4, 6, 6]
        # Back again, and empty where it was killed.
        redis.start() if loss == "kill" else redis.resume()
        for gateway in gateways:
            eventually(lambda: state_store(gateway)["up"], what="the store being back")
            assert gateway.http.get("/health").json()["status"] == "healthy"
            assert 'sage_store_up{store="state"} 1' in gateway.http.get("/metrics").text
            assert gateway.status()["limiters"][0]["shared"]
        # What was used meanwhile is told.
        eventually(lambda: counted(redis, "narrow:requests") >= 6, what="the store having heard of it")
        assert narrow(gateways, 1) == [0, 0, 0]
    assert {status for status, _ in traffic.answers} == {200}
    # No longer than the store's time limit, and what a busy machine needs.
    assert max(duration for _, duration in traffic.answers) < 4
    for gateway in gateways:
        assert gateway.output().count("shared state is away") <= 4, "it is not told for each request"
        eventually(lambda: "shared state is back" in gateway.output(), what="the return of the store in the log")


@pytest.mark.parametrize("loss", ["kill", "pause"])
def test_without_its_store_each_judges_for_itself(on_redis, redis, primary, loss):
    # The one that opens has to be open still when the store is back.
    gateways = [on_redis(name, recoveryTimeout="60s") for name in ("one", "two")]
    primary.replies()
    timed(gateways[0])
    redis.kill() if loss == "kill" else redis.pause()
    for gateway in gateways:
        eventually(lambda: not state_store(gateway)["up"], what="the loss of the store being told")
        # Nothing waits for it.
        assert max(timed(gateway) for _ in range(5)) < 3
    opened(gateways[0], primary)
    assert gateways[1].breaker()["state"] == "closed"
    # Back again, and empty where it was killed.
    redis.start() if loss == "kill" else redis.resume()
    for gateway in gateways:
        eventually(lambda: state_store(gateway)["up"], what="the store being back")
    eventually(lambda: gateways[1].breaker()["state"] == "open", what="the other one hearing of it")
