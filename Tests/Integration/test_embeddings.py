"""Embeddings and the counting of tokens."""

import struct

import anthropic
import openai
import pytest
from google import genai
from google.genai import types

from harness import client

LANES = {
    ("openai",): 22,
    ("gemini",): 11,
    ("anthropic",): 1,
    ("openai", "openai"): 7,
    ("openai", "gemini"): 6,
    ("anthropic", "anthropic"): 3,
    ("anthropic", "openai"): 1,
}
TEXTS = ["snow in Oslo", "rain in Rome"]


@pytest.fixture
def library(lanes):
    return client(lanes.gateway.url)


@pytest.fixture
def gemini(lanes):
    return genai.Client(api_key="any", http_options=types.HttpOptions(base_url=lanes.gateway.url))


def single(values):
    """The values as 32-bit floats hold them."""
    return list(struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}f", *values)))


@pytest.mark.parametrize("kind", ["openai", "gemini"])
@pytest.mark.parametrize("encoding", [{}, {"encoding_format": "base64"}, {"encoding_format": "float"}], ids=str)
def test_texts_are_embedded(library, lanes, kind, encoding):
    """Without `encoding_format` the library asks for base64 and decodes it."""
    answer = library.embeddings.create(model=lanes.take(kind), input=TEXTS, dimensions=64, **encoding)
    assert [item.index for item in answer.data] == [0, 1]
    vectors = [item.embedding for item in answer.data]
    if encoding.get("encoding_format") == "base64":
        assert all(isinstance(vector, str) and len(vector) == 344 for vector in vectors)
        return
    reference = library.embeddings.create(model=lanes.take("openai"), input=TEXTS, dimensions=64)
    assert [single(vector) for vector in vectors] == [list(item.embedding) for item in reference.data]
    assert all(abs(sum(value * value for value in vector) - 1) < 1e-4 for vector in vectors)


@pytest.mark.parametrize("kind, estimated", [("openai", None), ("gemini", "prompt_tokens")])
def test_tokens_of_texts_that_nobody_counts_are_guessed(library, lanes, kind, estimated):
    answer = library.embeddings.with_raw_response.create(model=lanes.take(kind), input="a b c d e f " * 40)
    assert answer.headers.get("x-sage-estimated") == estimated
    usage = answer.parse().usage
    assert 100 < usage.prompt_tokens == usage.total_tokens < 300


@pytest.mark.parametrize("given", ["snow", ["snow"], [101, 202], [[101], [202, 303]]], ids=str)
def test_every_form_of_input_reaches_the_provider(library, lanes, given):
    answer = library.embeddings.create(model=lanes.take("openai"), input=given, dimensions=8)
    assert len(answer.data) == (2 if given == [[101], [202, 303]] else 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 200, "body": ""},
        {"status": 200, "body": {"object": "list", "data": [], "model": "m"}},
        {"html": "<html>502</html>"},
        {"inBandError": True},
        {"cutAfterBytes": 100},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["openai", "gemini"])
def test_a_fault_moves_to_the_next_target(library, lanes, primary, secondary, kind, fault):
    primary.always(**fault)
    answer = library.embeddings.create(model=lanes.take("openai", kind), input=TEXTS, dimensions=16)
    assert [len(item.embedding) for item in answer.data] == [16, 16]
    assert (primary.count, secondary.count) == (1, 1)


@pytest.mark.parametrize("kind", ["gemini", "openai"])
def test_geminis_client_embeds(gemini, lanes, kind):
    answer = gemini.models.embed_content(
        model=lanes.take(kind), contents=TEXTS, config=types.EmbedContentConfig(output_dimensionality=32)
    )
    assert [len(item.values) for item in answer.embeddings] == [32, 32]


@pytest.mark.parametrize("kind", ["gemini", "openai"])
def test_one_content_is_embedded(lanes, kind):
    body = {"content": {"parts": [{"text": TEXTS[0]}]}, "outputDimensionality": 16}
    answer = lanes.gateway.http.post(f"/v1beta/models/{lanes.take(kind)}:embedContent", json=body)
    assert len(answer.json()["embedding"]["values"]) == 16


def test_a_provider_without_embeddings_is_a_clear_error(library, lanes, primary):
    with pytest.raises(openai.BadRequestError) as caught:
        library.embeddings.create(model=lanes.take("anthropic"), input="snow")
    assert "cannot be answered" in caught.value.message
    assert primary.count == 0


def test_the_simulated_model_embeds(start):
    gateway = start(providers={"sim": {"kind": "simulated"}})
    answer = client(gateway.url).embeddings.create(model="sage-sim", input=TEXTS)
    assert [len(item.embedding) for item in answer.data] == [1536, 1536]


def test_wrong_input_is_the_clients_mistake(library, lanes, primary, secondary):
    with pytest.raises(openai.BadRequestError):
        library.embeddings.create(model=lanes.take("openai", "openai"), input=["a", ""])
    assert (primary.count, secondary.count) == (1, 0)


# --- Tokens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [None, {"status": 529}, {"status": 200, "body": "{}"}], ids=str)
def test_tokens_are_counted(lanes, primary, secondary, fault):
    if fault:
        primary.always(**fault)
    library = anthropic.Anthropic(base_url=lanes.gateway.url, api_key="any", max_retries=0)
    counted = library.messages.count_tokens(
        model=lanes.take("anthropic", "anthropic"), messages=[{"role": "user", "content": "a b c d e f"}]
    )
    assert counted.input_tokens == 10
    assert secondary.count == (1 if fault else 0)


@pytest.mark.parametrize("kinds", [("anthropic", "openai"), ("openai",)], ids="-".join)
def test_tokens_that_no_provider_counts_are_guessed(lanes, primary, secondary, kinds):
    primary.always(status=529)
    library = anthropic.Anthropic(base_url=lanes.gateway.url, api_key="any", max_retries=0)
    answer = library.messages.with_raw_response.count_tokens(
        model=lanes.take(*kinds), messages=[{"role": "user", "content": "a b c d e f " * 40}]
    )
    assert answer.headers["x-sage-estimated"] == "input_tokens"
    assert "x-sage-target" not in answer.headers
    assert 100 < answer.parse().input_tokens < 200
    assert secondary.count == 0
