"""Every error of the documented table, by way of the gateway: what is worth another try gets one, nothing else does."""

import re
from pathlib import Path

import pytest
import yaml

from clients import Anthropic, Gemini, OpenAIChat
from harness import WORDS

PAGE = Path(__file__).parents[2] / "Documentation" / "mock-provider.md"
CLIENT = {"Anthropic": Anthropic, "Gemini": Gemini}
LANES = {(kind,) * count: 70 if kind == "openai" else 20 for kind in ("openai", "anthropic", "gemini") for count in (1, 2)}
RETRIED = {"transient", "rate_limited", "overloaded", "timeout"}


def rows():
    for line in PAGE.read_text().split("## Errors of the services")[1].splitlines():
        if match := re.fullmatch(r"\| (.+?) \| (.+?) \| (?:``(.+)``|`(.+)`) \| `(\w+)` \|", line):
            service, what, double, plain, error_class = match.groups()
            yield pytest.param(service, yaml.safe_load(double or plain), error_class, id=f"{service}: {what}")


ROWS = list(rows())


def test_the_table_is_read():
    assert len(ROWS) > 70
    assert {row.values[0] for row in ROWS} >= {
        "OpenAI", "Anthropic", "Gemini", "SiliconFlow", "Azure", "DeepSeek", "Groq", "Ollama", "llama.cpp", "OpenRouter"
    }  # fmt: skip


@pytest.mark.parametrize("service, step, error_class", ROWS)
def test_what_is_worth_another_try_gets_one(lanes, primary, service, step, error_class):
    client = CLIENT.get(service, OpenAIChat)(lanes.gateway.url)
    model = lanes.take(client.kind)
    primary.steps(step, {"ok": True, "reply": WORDS})
    if error_class in RETRIED:
        assert client.ask(model).text == WORDS
        assert primary.count == 2
    else:
        with pytest.raises(client.errors):
            client.ask(model)
        assert primary.count == 1


@pytest.mark.parametrize("service, step, error_class", ROWS)
def test_only_the_requests_own_faults_stay_where_they_are(lanes, primary, secondary, service, step, error_class):
    client = CLIENT.get(service, OpenAIChat)(lanes.gateway.url)
    model = lanes.take(client.kind, client.kind)
    primary.steps(step, then="repeat")
    secondary.replies()
    stays = error_class in ("context_window", "content_policy") or (
        error_class == "permanent" and step["status"] in (400, 413, 422)
    )
    if stays:
        with pytest.raises(client.errors):
            client.ask(model)
        assert (primary.count, secondary.count) == (1, 0)
    else:
        assert client.ask(model).text == WORDS
        assert (primary.count, secondary.count) == (1, 1)
