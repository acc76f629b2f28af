"""What `promtool` and a real Prometheus server say of the gateway's metrics."""

import re
import subprocess

import pytest

from harness import UPSTREAM_MODEL, collect, eventually
from test_prometheus import ACCEPT, OPEN_METRICS, TEXT, Program, free_port, query

PRIMARY = f"primary/{UPSTREAM_MODEL}"
SECONDARY = f"secondary/{UPSTREAM_MODEL}"


@pytest.fixture
def busy(gateway, primary, secondary):
    """A gateway that has seen a bit of everything."""
    primary.replies()
    gateway.ask()
    collect(gateway.client().chat.completions.create(
        model="chat", messages=[{"role": "user", "content": "hi"}], stream=True,
        stream_options={"include_usage": True},
    ))  # fmt: skip
    primary.always(status=503, body='{"error":{"message":"overloaded"}}')
    secondary.replies()
    gateway.ask()
    gateway.post({"model": "nobody", "messages": [{"role": "user", "content": "hi"}]})
    gateway.post({"model": "chat"})
    return gateway


def test_promtool_has_nothing_to_say(busy):
    answer = busy.http.get("/metrics")
    assert answer.headers["content-type"] == TEXT
    ended = subprocess.run(["promtool", "check", "metrics"], input=answer.content, capture_output=True, timeout=90)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b""), answer.text


def test_the_format_is_the_one_that_was_asked_for(busy):
    opened = busy.http.get("/metrics", headers={"accept": ACCEPT})
    assert opened.headers["content-type"] == OPEN_METRICS
    assert opened.text.endswith("\n# EOF\n")


def test_every_metric_that_concerns_models_is_there(busy):
    page = busy.http.get("/metrics").text
    for sample in (
        'sage_requests_total{error_class="none",model="chat",outcome="success",route="/v1/chat/completions"} 3',
        'sage_requests_total{error_class="permanent",model="unknown",outcome="client_error",route="/v1/chat/completions"} 2',
        f'sage_upstream_requests_total{{error_class="overloaded",kind="first",outcome="provider_error",target="{PRIMARY}"}} 1',
        f'sage_upstream_requests_total{{error_class="none",kind="fallback",outcome="success",target="{SECONDARY}"}} 1',
        f'sage_fallbacks_total{{from="{PRIMARY}",reason="overloaded",to="{SECONDARY}"}} 1',
        'sage_stream_terminations_total{reason="complete"} 1',
        f'sage_time_to_first_token_seconds_count{{target="{PRIMARY}"}} 1',
        f'sage_breaker_state{{name="{PRIMARY}"}} 0',
        "sage_requests_in_flight 0",
        "sage_overhead_seconds_count 5",
        'sage_request_duration_seconds_count{route="/v1/chat/completions"} 5',
    ):
        assert f"\n{sample}\n" in page, f"{sample}\n{page}"
    assert re.search(r'sage_tokens_total\{kind="output",target="[^"]+"\} [1-9]', page)
    assert re.search(r"process_resident_memory_bytes [1-9]", page)


def test_names_that_clients_choose_are_one_series(gateway, primary):
    primary.always(status=404, body='{"error":{"message":"no such model","code":"model_not_found"}}')

    def series():
        return len(gateway.http.get("/metrics").text.splitlines())

    def ask(name):
        body = {"messages": [{"role": "user", "content": "hi"}]}
        gateway.post(body | {"model": f"primary/{name}"})
        gateway.post(body | {"model": name})

    ask("first")
    before = series()
    for number in range(200):
        ask(f"made-up-{number}")
    assert series() == before


def test_a_prometheus_server_reads_everything(busy, servers, tmp_path):
    port = free_port()
    (tmp_path / "prometheus.yml").write_text(
        "global: {scrape_interval: 2s, scrape_timeout: 2s}\n"
        "scrape_configs:\n"
        "  - job_name: sage\n"
        f"    static_configs: [{{targets: ['{busy.url.removeprefix('http://')}']}}]\n"
    )
    command = [
        "prometheus",
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    prometheus = Program(tmp_path, "prometheus", port, command, "/-/ready")
    servers.append(prometheus)
    prometheus.wait_until_ready()
    outcomes = eventually(
        lambda: query(prometheus, "sum by (outcome) (sage_requests_total)"), what="the first sample"
    )
    assert {labels["outcome"]: value for labels, value in outcomes} == {"success": 3, "client_error": 2}
    [(_, quantile)] = query(
        prometheus, "histogram_quantile(0.9, sum by (le) (sage_time_to_first_token_seconds_bucket))"
    )
    assert 0 < quantile < 5
    [described] = prometheus.http.get("/api/v1/targets/metadata", params={"metric": "sage_requests_total"}).json()[
        "data"
    ] or [{"type": "counter"}]
    assert described["type"] == "counter"
    assert query(prometheus, 'min_over_time(up{job="sage"}[1m])')[0][1] == 1
