"""What `promtool` and a real Prometheus server say of the metrics of Examples/HealthAndMetricsServer."""

import os
import re
import signal
import subprocess

import httpx
import pytest

from harness import environment, eventually, free_port

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# What Prometheus 2 sends.
ACCEPT = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1"


class Program:
    """A process that listens on a port of this machine."""

    def __init__(self, directory, name, port, command, ready_path):
        self.name, self.ready_path = name, ready_path
        self.url = f"http://127.0.0.1:{port}"
        self.log = directory / f"{name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=directory, env=environment(), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.http = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_until_ready(self):
        def ready():
            assert self.process.poll() is None, f"{self.name} ended:\n{self.output()}"
            try:
                return self.http.get(self.ready_path).status_code == 200
            except httpx.TransportError:
                return False

        eventually(ready, within=60, what=f"{self.name} being ready")
        return self

    def stop(self):
        self.http.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@pytest.fixture
def shop(servers, tmp_path):
    port = free_port()
    command = [os.environ["EXAMPLE_SERVER_BIN"], "--serve", "--port", str(port)]
    servers.append(Program(tmp_path, "shop", port, command, "/health/ready"))
    return servers[-1].wait_until_ready()


@pytest.fixture
def scraper(servers, tmp_path):
    """Starts a Prometheus server that reads the metrics of a program often."""

    def start(program):
        port = free_port()
        (tmp_path / "prometheus.yml").write_text(
            # Time enough for a page on a loaded machine: a scrape that fails is an error of the test.
            "global: {scrape_interval: 2s, scrape_timeout: 2s}\n"
            "scrape_configs:\n"
            "  - job_name: shop\n"
            f"    static_configs: [{{targets: ['{program.url.removeprefix('http://')}']}}]\n"
        )
        command = [
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        servers.append(Program(tmp_path, "prometheus", port, command, "/-/ready"))
        return servers[-1].wait_until_ready()

    return start


def query(prometheus, expression):
    answer = prometheus.http.get("/api/v1/query", params={"query": expression}).json()
    assert answer["status"] == "success", answer
    return [(sample["metric"], float(sample["value"][1])) for sample in answer["data"]["result"]]


def buy(shop, times):
    for _ in range(times):
        assert shop.http.get("/stock/book").status_code == 200


def test_promtool_has_nothing_to_say(shop):
    buy(shop, 12)
    answer = shop.http.get("/metrics")
    assert answer.headers["content-type"] == TEXT
    ended = subprocess.run(
        ["promtool", "check", "metrics"], input=answer.content, capture_output=True, timeout=90
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b""), answer.text


def test_the_format_is_the_one_that_was_asked_for(shop):
    buy(shop, 1)
    text = shop.http.get("/metrics", headers={"accept": "*/*"})
    assert text.headers["content-type"] == TEXT
    assert "# EOF" not in text.text
    opened = shop.http.get("/metrics", headers={"accept": ACCEPT})
    assert opened.headers["content-type"] == OPEN_METRICS
    assert opened.text.endswith("\n# EOF\n")
    # The series are the same, whatever the format.
    series = [
        sorted(set(re.findall(r"^(?!#)(\S+(?:\{.*\})?) ", answer.text, re.MULTILINE))) for answer in (text, opened)
    ]
    assert series[0] and series[0] == series[1]


def test_a_prometheus_server_reads_everything(shop, scraper):
    buy(shop, 12)
    prometheus = scraper(shop)

    def target():
        found = prometheus.http.get("/api/v1/targets").json()["data"]["activeTargets"]
        return found[0] if found and found[0]["health"] == "up" else None

    assert eventually(target, what="a scrape")["lastError"] == ""
    calls = eventually(lambda: query(prometheus, "shop_stock_duration_seconds_count"), what="the first sample")
    assert [value for _, value in calls] == [12]

    # Twelve answers took fourteen calls, since every fifth fails.
    [(labels, retries)] = query(prometheus, "sage_retries_total")
    assert (labels["name"], retries) == ("inventory", 2)
    assert query(prometheus, 'sage_breaker_state{name="inventory"}')[0][1] == 0
    assert query(prometheus, "shop_build_info")[0][0]["version"] == "1.0.0"
    buckets = query(prometheus, "shop_stock_duration_seconds_bucket")
    assert len(buckets) == 9
    assert [value for labels, value in buckets if labels["le"] == "+Inf"] == [12]
    [(_, quantile)] = query(prometheus, "histogram_quantile(0.5, shop_stock_duration_seconds_bucket)")
    assert 0 < quantile < 2

    # The type, the help and the unit arrived as well.
    metadata = prometheus.http.get("/api/v1/targets/metadata", params={"metric": "shop_stock_duration_seconds"}).json()
    [described] = metadata["data"]
    assert described["type"] == "histogram"
    assert described["help"] == "How long it took to find out what is in stock."
    assert described["unit"] == "seconds"

    # It goes on: what is counted now is on the next page, and no scrape has failed on the way.
    buy(shop, 5)

    def counted():
        return [value for _, value in query(prometheus, "shop_stock_duration_seconds_count")] == [17]

    eventually(counted, what="the next sample")
    assert query(prometheus, 'min_over_time(up{job="shop"}[1m])')[0][1] == 1


def test_the_server_stops_when_it_is_told_to(shop):
    shop.process.send_signal(signal.SIGTERM)
    assert shop.process.wait(25) == 0
    assert "stopped" in shop.output()
