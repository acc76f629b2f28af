"""The command itself: help, exit codes, the subcommands that print."""

import json

import pytest

from harness import QUOTA_ERROR, free_port, run

SUBCOMMANDS = [
    ("serve",), ("mock",), ("status",), ("config",), ("config", "init"), ("config", "check"), ("config", "show"),
    ("config", "schema"), ("backoff",), ("classify",),
]  # fmt: skip


def test_without_arguments_it_helps():
    ended = run()
    assert ended.returncode == 0
    for name in ("serve", "mock", "status", "config", "backoff", "classify"):
        assert name in ended.stdout


@pytest.mark.parametrize("command", SUBCOMMANDS, ids=" ".join)
def test_every_subcommand_explains_itself_with_an_example(command):
    ended = run(*command, "--help")
    assert ended.returncode == 0
    assert f"sage {' '.join(command)}" in ended.stdout
    assert "\x1b[" not in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("serve", "--nonsense"),
        ("serve", "--port", "many"),
        ("serve", "--port", "70000"),
        ("mock", "--port", "-1"),
        ("status", "--url", "not a url"),
        ("backoff", "--strategy", "sideways"),
        ("backoff", "--attempts", "-3"),
        ("classify", "--status", "abc"),
        ("config", "sideways"),
    ],
    ids=" ".join,
)
def test_bad_usage_exits_with_2(arguments, tmp_path):
    ended = run(*arguments, cwd=tmp_path)
    assert ended.returncode == 2, ended.stdout + ended.stderr
    assert ended.stderr


def test_a_server_that_is_its_own_provider_does_not_start(tmp_path):
    port = free_port()
    file = tmp_path / "loop.json"
    loop = {"kind": "openai", "baseURL": f"http://localhost:{port}/v1", "apiKey": "k"}
    file.write_text(json.dumps({"server": {"port": port}, "providers": {"loop": loop}}))
    ended = run("serve", "--config", file, cwd=tmp_path)
    assert ended.returncode == 2
    assert "providers.loop.baseURL" in ended.stderr and "the server itself" in ended.stderr


def test_a_file_is_no_data_directory(tmp_path):
    file = tmp_path / "data"
    file.write_text("")
    ended = run("serve", "--data-dir", file, cwd=tmp_path)
    assert ended.returncode == 2
    assert "which is a file" in ended.stderr


def test_the_version_is_told():
    ended = run("--version")
    assert ended.returncode == 0
    assert ended.stdout.strip()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_generated(shell):
    ended = run("--generate-completion-script", shell)
    assert ended.returncode == 0
    assert "serve" in ended.stdout and "classify" in ended.stdout


def test_status_of_nobody_exits_with_69():
    ended = run("status", "--url", f"http://127.0.0.1:{free_port()}")
    assert ended.returncode == 69
    assert "127.0.0.1" in ended.stderr


def test_status_shows_the_targets(gateway):
    gateway.ask()
    table = run("status", "--url", gateway.url)
    assert table.returncode == 0, table.stderr
    assert "primary/gpt-5-mini" in table.stdout and "closed" in table.stdout
    assert "\x1b[" not in table.stdout
    data = run("status", "--url", gateway.url, "--json")
    assert {target["name"] for target in json.loads(data.stdout)["targets"]} >= {"primary/gpt-5-mini"}


@pytest.mark.parametrize(
    "strategy, seconds",
    [
        ("fixed", [1, 1, 1, 1, 1]),
        ("linear", [1, 2, 3, 4, 5]),
        ("exponential", [1, 2, 4, 8, 16]),
        ("fibonacci", [1, 1, 2, 3, 5]),
    ],
)
def test_backoff_prints_the_delays(strategy, seconds):
    ended = run(
        "backoff", "--strategy", strategy, "--attempts", 6, "--initial-delay", "1s", "--jitter", "none", "--json"
    )
    assert ended.returncode == 0, ended.stderr
    delays = [entry["delay_ms"] for entry in json.loads(ended.stdout)["delays"]]
    assert delays == [second * 1000 for second in seconds]


def test_backoff_prints_a_table_for_people():
    ended = run("backoff", "--strategy", "exponential", "--attempts", 4, "--jitter", "none")
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) >= 4


@pytest.mark.parametrize(
    "arguments, error_class",
    [
        (("--status", 503), "overloaded"),
        (("--status", 429), "rate_limited"),
        (("--status", 429, QUOTA_ERROR), "quota_exhausted"),
        (("--status", 401), "authentication"),
        (("--status", 400), "permanent"),
        (
            (
                "--status",
                400,
                '{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}',
            ),
            "context_window",
        ),
        (("--status", 500), "transient"),
        # The number stands in a model's answer, not in a status.
        (("--status", 200, '{"choices":[{"message":{"content":"1429 tokens, 404 not found"}}]}'), None),
    ],
)
def test_classify_names_the_class(arguments, error_class):
    ended = run("classify", *arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["class"] == error_class


def test_classify_reads_headers_and_standard_input():
    ended = run("classify", "--status", 429, "--header", "Retry-After: 7", "-", "--json", stdin="slow down")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["retry_after_ms"] == 7000
    people = run("classify", "--status", 429, "--header", "Retry-After: 7", "-", stdin="slow down")
    assert "rate_limited" in people.stdout and "7" in people.stdout
