"""Starts `sage` processes and talks to them. Everything waits for a condition with a deadline, never for a time."""

import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import openai
import yaml

from services import free_port

SAGE = os.environ.get("SAGE_BIN", "sage")

# What `sage serve` would take providers or settings from; a developer's own keys must not leak into a test.
FOREIGN_VARIABLES = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "SILICONFLOW_API_KEY",
    "OLLAMA_HOST",
    "OPENAI_BASE_URL",
)

# The model that the providers of a test know, and the words that the mock answers with.
UPSTREAM_MODEL = "gpt-5-mini"
WORDS = "one two three four five six seven eight"

QUOTA_ERROR = (
    '{"error":{"message":"You exceeded your current quota, please check your plan.",'
    '"type":"insufficient_quota","param":null,"code":"insufficient_quota"}}'
)


def eventually(condition, *, within=30.0, what="the condition"):
    """Returns the first truthy value of `condition`, asked again and again until the deadline."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not hold within {within} s; last value: {value!r}")
        time.sleep(0.02)


def memory(process):
    """The bytes of memory that a process has touched and still has."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) << 10


def environment(**variables):
    base = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
    # The clients and the servers of the tests talk over loopback only.
    base.update({"NO_PROXY": "*", "no_proxy": "*"})
    return base | variables


def run(*arguments, cwd=None, stdin=None, timeout=90, **variables):
    """Runs `sage` to its end."""
    return subprocess.run(
        [SAGE, *map(str, arguments)],
        cwd=cwd,
        env=environment(**variables),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


class Server:
    """A `sage` process that listens on a port."""

    ready_path = "/health/ready"

    def __init__(self, directory, name, *arguments, cwd=None, port=None, **variables):
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = Path(directory) / f"{name}.log"
        self.name = name
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [SAGE, *map(str, arguments), "--port", str(self.port)],
                cwd=cwd or directory,
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_until_ready(self, within=60):
        def ready():
            assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}:\n{self.output()}"
            try:
                return self.http.get(self.ready_path).status_code == 200
            except httpx.TransportError:
                return False

        eventually(ready, within=within, what=f"{self.name} being ready")
        return self

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=25):
        """Its exit code. Shorter than the grace of a shutdown, which is 30 s unless a test says otherwise."""
        return self.process.wait(timeout=timeout)

    def stop(self):
        """Ends the process whatever its state; what it answers to SIGTERM is for the tests of the shutdown."""
        self.http.close()
        if self.process.poll() is None:
            self.terminate()
            try:
                self.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.wait()


class Mock(Server):
    """`sage mock`: a provider that does what its script says."""

    ready_path = "/_mock/requests"

    def __init__(self, directory, name, *arguments, **options):
        super().__init__(directory, name, "mock", *arguments, **options)

    @property
    def base_url(self):
        return f"{self.url}/v1"

    def reset(self):
        self.http.delete("/_mock").raise_for_status()

    def script(self, rules):
        answer = self.http.put("/_mock/script", content=yaml.safe_dump(rules))
        assert answer.status_code == 200, answer.text

    def steps(self, *steps, then="ok"):
        """Scripts every request: these steps in order, then `repeat`, `last` or `ok`."""
        self.script([{"steps": list(steps), "then": then}])

    def always(self, **step):
        self.steps(step, then="repeat")

    def replies(self, text=WORDS, **options):
        self.always(ok=True, reply=text, **options)

    def requests(self, **condition):
        """The requests so far; `wait=N` waits until N arrived, `ended=N` until N ended."""
        patience = {"timeout": 30_000} if condition else {}
        answer = self.http.get("/_mock/requests", params=condition | patience, timeout=60)
        answer.raise_for_status()
        body = answer.json()
        assert body["satisfied"], f"{self.name} waited in vain for {condition}: {body}"
        return body["requests"]

    @property
    def count(self):
        return len(self.requests())


class Gateway(Server):
    """`sage serve` with a configuration of its own."""

    def __init__(self, directory, configuration, *arguments, name="gateway", **options):
        self.file = Path(directory) / f"{name}.yaml"
        self.file.write_text(yaml.safe_dump(configuration, sort_keys=False))
        super().__init__(directory, name, "serve", "--config", self.file, *arguments, **options)

    def client(self, **options):
        return client(self.url, **options)

    def ask(self, model="chat", content="hello", *, sdk_retries=0, **options):
        """One whole answer, with the HTTP headers beside it."""
        raw = self.client(max_retries=sdk_retries).chat.completions.with_raw_response.create(
            model=model, messages=[{"role": "user", "content": content}], **options
        )
        return Answer(raw.parse(), raw.headers)

    def post(self, body, **options):
        """A chat completion as plain HTTP, for what the official client would not send."""
        return self.http.post("/v1/chat/completions", json=body, **options)

    def status(self):
        answer = self.http.get("/status")
        answer.raise_for_status()
        return answer.json()

    def target(self, name=f"primary/{UPSTREAM_MODEL}"):
        for target in self.status()["targets"]:
            if target["name"] == name:
                return target
        raise AssertionError(f"no target {name} in {self.status()}")

    def breaker(self, name=f"primary/{UPSTREAM_MODEL}"):
        return self.target(name)["breaker"]


class Answer:
    def __init__(self, completion, headers):
        self.completion = completion
        self.headers = headers

    @property
    def text(self):
        return self.completion.choices[0].message.content

    @property
    def target(self):
        return self.headers["x-sage-target"]

    @property
    def attempts(self):
        return int(self.headers["x-sage-attempts"])

    @property
    def fallbacks(self):
        return int(self.headers["x-sage-fallbacks"])


def client(url, *, max_retries=0, api_key="any", **options):
    # Without TLS, whose certificates take most of the time of a client's making.
    plain = openai.DefaultHttpxClient(verify=False)
    return openai.OpenAI(
        base_url=f"{url}/v1", api_key=api_key, max_retries=max_retries, timeout=30, http_client=plain, **options
    )


def provider(mock, **changes):
    return {"kind": "openai", "baseURL": mock.base_url, "apiKey": f"key-of-{mock.name}", "policy": "default"} | changes


def provider_of(kind, mock, **changes):
    """A provider of any kind at a mock, which has all of their endpoints."""
    return provider(mock) | {"kind": kind, "baseURL": mock.base_url if kind == "openai" else mock.url} | changes


def policy(**changes):
    """A policy whose limits are short enough for a test. Sections given as arguments replace single fields."""
    base = {
        "deadline": "20s",
        "attemptTimeout": "10s",
        "timeouts": {"connect": "5s", "responseHeaders": "5s", "firstToken": "5s", "betweenTokens": "5s"},
        "retry": {
            "maxAttempts": 4,
            "strategy": "exponential",
            "initialDelay": "20ms",
            "multiplier": 2,
            "maxDelay": "200ms",
            "jitter": "none",
            "maxServerHint": "5s",
        },
        # Wide enough not to open by accident; the breaker's own tests narrow it.
        "breaker": {
            "window": "100 calls",
            "minimumCalls": 100,
            "failureRate": 1,
            "consecutiveFailures": "off",
            "slowCall": "30s",
            "slowRate": 1,
            "recoveryTimeout": "30s",
            "halfOpenMaxCalls": 3,
        },
        "budget": {"ratio": 1, "floor": 10},
    }
    for section, value in changes.items():
        base[section] = base.get(section, {}) | value if isinstance(value, dict) else value
    return base


def target(provider_name):
    return {"provider": provider_name, "model": UPSTREAM_MODEL}


def collect(stream):
    """The text of a stream, the reason for finishing, and the error that ended it."""
    text, finish = "", None
    try:
        for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
    except openai.APIError as error:
        return text, finish, error
    return text, finish, None


def in_band(error):
    """Whether the client saw an explicit error inside the stream, not merely a broken connection."""
    return type(error) is openai.APIError


KINDS = ("openai", "anthropic", "gemini")


class Lanes:
    """Models for one test each at a gateway that the tests of a file share, with providers of their own.

    What a test does to breakers, pauses, keys and windows belongs to its providers, and so does not reach another test.
    """

    def __init__(self, directory, primary, secondary, demand):
        """`demand` says how many models a file needs of each kind: `{("openai", "gemini"): 5, ("openai",): 9}`."""
        # Neutral names: some libraries treat a model by its name.
        self.free = {
            (policy_name, *kinds): [f"{policy_name}-{place}-{number}" for number in range(count)]
            for policy_name in ("patient", "hasty")
            for place, (kinds, count) in enumerate(demand.items())
        }
        providers, models = {}, {}
        for (policy_name, *kinds), names in self.free.items():
            for name in names:
                for place, (kind, mock) in enumerate(zip(kinds, (primary, secondary))):
                    # Short limits are for the target that falls silent, not for the one that answers in its stead.
                    own = policy_name if place == 0 else "patient"
                    providers[f"{name}-{place}"] = provider_of(kind, mock, policy=own)
                models[name] = {
                    "targets": [{"provider": f"{name}-{place}", "model": f"{name}-{place}"} for place in range(len(kinds))]
                }
        # No breaker may open: that is for the breakers' own tests.
        breaker = {"window": "1000 calls", "minimumCalls": 1000}
        hasty = {"responseHeaders": "1s", "firstToken": "1s", "betweenTokens": "1s"}
        configuration = {
            "server": {"host": "127.0.0.1"},
            "providers": providers,
            "models": models,
            "policies": {"patient": policy(breaker=breaker), "hasty": policy(breaker=breaker, timeouts=hasty)},
        }
        self.gateway = Gateway(directory, configuration, name="lanes")

    def take(self, *kinds, hasty=False):
        """A model that no test has used: its first target at the primary mock, the second at the other.

        A target's provider names it as the model with `-0` or `-1` at its end.
        """
        free = self.free["hasty" if hasty else "patient", *kinds]
        assert free, f"more tests than LANES allows want {kinds}"
        return free.pop(0)
