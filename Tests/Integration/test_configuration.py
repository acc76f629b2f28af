"""Mistakes in the configuration file are told with their place, before anything starts."""

import json
import re

import jsonschema
import pytest
import yaml

from harness import Server, run

GOOD = """\
server:
  port: 0
providers:
  local:
    kind: openai
    baseURL: http://127.0.0.1:9/v1
    apiKey: secret-of-the-file
models:
  chat:
    targets:
      - { provider: local, model: small }
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sage.yaml"
    path.write_text(GOOD)
    return path


def both(file, **variables):
    """A mistake stops the server and fails the check, with the same words."""
    served = run("serve", "--config", file, cwd=file.parent, **variables)
    checked = run("config", "check", file, cwd=file.parent, **variables)
    assert (served.returncode, checked.returncode) == (2, 2), served.stderr + checked.stderr
    told = checked.stdout + checked.stderr
    assert "Fatal error" not in served.stderr + told
    return served.stderr, told


@pytest.mark.parametrize(
    "old, new, line, field",
    [
        ("    apiKey:", "    apikey:", 7, "providers.local.apikey"),
        ("server:", "servers:", 1, "servers"),
        ("  port: 0", "  port: many", 2, "server.port"),
        ("  port: 0", "  port: 70000", 2, "server.port"),
        ("kind: openai", "kind: opneai", 5, "providers.local.kind"),
        ("provider: local,", "provider: lcal,", 11, "provider"),
        ("targets:", "targts:", 10, "models.chat.targts"),
    ],
)
def test_a_mistake_is_told_with_line_and_field(file, old, new, line, field):
    file.write_text(GOOD.replace(old, new))
    for told in both(file):
        assert f"sage.yaml:{line}" in told
        assert field in told
        assert "secret-of-the-file" not in told


def test_all_mistakes_are_told_at_once(file):
    file.write_text(GOOD.replace("kind: openai", "kind: opneai").replace("targets:", "targts:"))
    for told in both(file):
        assert "sage.yaml:5" in told and "sage.yaml:10" in told


def test_a_missing_variable_is_named(file):
    file.write_text(GOOD.replace("secret-of-the-file", "${SAGE_TEST_MISSING}"))
    for told in both(file):
        assert "sage.yaml:7" in told
        assert "providers.local.apiKey" in told
        assert "SAGE_TEST_MISSING" in told


@pytest.mark.parametrize("text", ["providers: [", "\t- x", "a: b: c", "providers: {}\nproviders: {}\n", "", "17", "\x00"])
def test_what_is_no_configuration(file, text):
    file.write_text(text)
    for told in both(file):
        assert "sage.yaml" in told


def test_a_file_that_is_not_there(tmp_path):
    ended = run("serve", "--config", tmp_path / "none.yaml", cwd=tmp_path)
    assert ended.returncode == 2
    assert "none.yaml" in ended.stderr


def test_a_good_file_passes(file):
    checked = run("config", "check", file, cwd=file.parent)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    # The file's name is the default in its folder.
    assert run("config", "check", cwd=file.parent).returncode == 0


def test_variables_are_filled_in(file):
    text = GOOD.replace("secret-of-the-file", "${SAGE_TEST_KEY}").replace("small", "'${SAGE_TEST_MODEL:-tiny}'")
    file.write_text(text)
    shown = run("config", "show", "--config", file, cwd=file.parent, SAGE_TEST_KEY="secret-of-the-environment")
    assert shown.returncode == 0, shown.stderr
    assert "tiny" in shown.stdout
    assert "secret-of-the-environment" not in shown.stdout + shown.stderr


def test_the_effective_configuration_is_shown_with_defaults(file):
    shown = run("config", "show", "--config", file, cwd=file.parent)
    assert shown.returncode == 0, shown.stderr
    effective = yaml.safe_load(shown.stdout)
    assert effective["providers"]["local"]["baseURL"] == "http://127.0.0.1:9/v1"
    assert effective["policies"]["default"]["retry"]["maxAttempts"] == 4
    assert "secret-of-the-file" not in shown.stdout


def test_an_example_is_written_and_never_overwrites(tmp_path, servers):
    first = run("config", "init", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    example = tmp_path / "sage.yaml"
    assert run("config", "check", example, cwd=tmp_path).returncode == 0
    example.write_text("mine")
    second = run("config", "init", cwd=tmp_path)
    assert second.returncode == 1
    assert "sage.yaml" in second.stderr
    assert example.read_text() == "mine"


class Yaml(yaml.SafeLoader):
    """YAML 1.2, as the loader of Sage and editors read it: `off` and `on` are words."""


Yaml.yaml_implicit_resolvers = {
    letter: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    printed = run("config", "schema", cwd=tmp_path_factory.mktemp("schema"))
    assert printed.returncode == 0, printed.stderr
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def mistakes(schema, text):
    """The paths of what the schema refuses, and of what is the reason within, where a value has several forms."""
    found = []
    errors = list(schema.iter_errors(yaml.load(text, Yaml)))
    while errors:
        error = errors.pop()
        found.append(".".join(map(str, error.absolute_path)))
        errors += error.context
    return found


def test_the_example_is_what_the_schema_says(tmp_path, schema):
    assert run("config", "init", cwd=tmp_path).returncode == 0
    assert mistakes(schema, (tmp_path / "sage.yaml").read_text()) == []


def test_the_effective_configuration_is_what_the_schema_says(file, schema):
    shown = run("config", "show", "--config", file, "--json", cwd=file.parent)
    assert list(schema.iter_errors(json.loads(shown.stdout))) == []


@pytest.mark.parametrize(
    "old, new",
    [
        ("port: 0", "port: '0'"),
        ("port: 0", "port: ${PORT:-0}"),
        ("port: 0", "port:"),
        ("port: 0", "maxBodyBytes: 1.5 MiB"),
        ("port: 0", "idleTimeout: 1h"),
        ("port: 0", "shutdownGrace: 0"),
        ("secret-of-the-file", "12345"),
        ("model: small", "model: 4.1"),
        ("server:", "storage: { retention: { sessions: off, maxBytes: 1GiB } }\nserver:"),
        ("server:", "policies: { default: { breaker: { window: 1 call, failureRate: 1e-1 } } }\nserver:"),
    ],
)
def test_what_the_check_takes_the_schema_takes(file, schema, old, new):
    text = GOOD.replace(old, new)
    file.write_text(text)
    checked = run("config", "check", file, cwd=file.parent)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert mistakes(schema, text) == []


@pytest.mark.parametrize(
    "old, new, path",
    [
        ("server:", "servers:", ""),
        ("    apiKey:", "    apikey:", "providers.local"),
        ("port: 0", "port: many", "server.port"),
        ("port: 0", "port: 70000", "server.port"),
        ("port: 0", "idleTimeout: 5", "server.idleTimeout"),
        ("port: 0", "maxBodyBytes: 32XB", "server.maxBodyBytes"),
        ("kind: openai", "kind: opneai", "providers.local.kind"),
        ("    targets:", "    strategy: ordered\n    targts:", "models.chat"),
        ("server:", "policies: { default: { budget: { ratio: 1.5 } } }\nserver:", "policies.default.budget.ratio"),
        ("server:", "keys: [{ name: a, hash: 'sha256:12' }]\nserver:", "keys.0.hash"),
        ("server:", "telemetry: { log: [] }\nserver:", "telemetry.log"),
    ],
)
def test_what_the_schema_refuses_the_check_refuses(file, schema, old, new, path):
    text = GOOD.replace(old, new)
    file.write_text(text)
    assert run("config", "check", file, cwd=file.parent).returncode == 2
    assert path in mistakes(schema, text)


def test_the_example_serves(tmp_path, servers):
    assert run("config", "init", cwd=tmp_path).returncode == 0
    server = Server(tmp_path, "example", "serve", "--config", tmp_path / "sage.yaml")
    servers.append(server)
    server.wait_until_ready()
