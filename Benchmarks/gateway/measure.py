"""Measures Sage as a gateway beside nginx as a plain proxy and LiteLLM's proxy, in one run before the same upstream.

See the README of this folder's parent for what the figures mean.
"""

import argparse
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from processes import BenchFailure, Processes, Server, tail
from servers import KEY, Site
from table import table, targets


@dataclass(frozen=True)
class Plan:
    """How much of each is done in a round."""

    rounds: int
    requests: int
    streams: int
    rate: int
    seconds: int
    idle_streams: int
    connections: int = 32
    events: int = 51


FULL = Plan(rounds=5, requests=20_000, streams=500, rate=1000, seconds=4, idle_streams=1000)
QUICK = Plan(rounds=1, requests=1_000, streams=64, rate=200, seconds=2, idle_streams=100)
# LiteLLM does in a second what the others do in a hundredth of one: less of it says as much. It writes the events of a
# stream anew and not one for one.
SLOW = Plan(rounds=2, requests=300, streams=64, rate=20, seconds=10, idle_streams=200, events=2)


class Bench:
    """Runs the measures against one port after the other, in turns."""

    def __init__(self, site: Site, verbose: bool) -> None:
        self.site = site
        self.verbose = verbose
        self.samples: dict[str, dict[str, list[float]]] = {}
        self.sent: dict[str, int] = {}

    def say(self, text: str) -> None:
        if self.verbose:
            print(f"    {text}", file=sys.stderr, flush=True)

    def record(self, name: str, key: str, value: float) -> None:
        self.samples.setdefault(name, {}).setdefault(key, []).append(value)

    def result(self, name: str) -> dict[str, float]:
        return {key: statistics.median(values) for key, values in self.samples.get(name, {}).items()}

    def _request(self, server: Server | None, model: str) -> tuple[int, Path]:
        """Where a request for a model goes, and its bytes."""
        name = server.name if server else "direct"
        is_stream = model != "bench"
        port = server.port if server else (self.site.events if is_stream else self.site.completions)
        path = "/v1/chat/completions"
        if name == "nginx" and is_stream:
            path = "/stream" + path
        return port, self.site.request(name, port, model, path, stream=is_stream)

    def _command(self, server: Server | None, model: str, *arguments: object) -> list[str]:
        port, file = self._request(server, model)
        return [str(self.site.tools / "load"), str(port), str(file), *map(str, arguments)]

    def load(self, server: Server | None, model: str, *arguments: object) -> dict:
        """Runs the load generator to its end; a single failed answer ends the run."""
        done = subprocess.run(
            self._command(server, model, *arguments), capture_output=True, text=True, timeout=600, check=False)
        name = server.name if server else "direct"
        if done.returncode != 0:
            raise BenchFailure(f"load on {name}: {done.stderr.strip()}\n{tail(server.log) if server else ''}")
        figures = json.loads(done.stdout)
        if figures["failed"] > 0:
            raise BenchFailure(
                f"{name}: {figures['failed']} of the answers to {model} were wrong\n{tail(server.log) if server else ''}")
        self.sent[name] = self.sent.get(name, 0) + figures["completed"]
        return figures

    def warm_up(self, server: Server, plan: Plan) -> None:
        self.load(server, "bench", "closed", plan.connections, max(plan.requests // 5, 64), 0)
        self.load(server, "events", "closed", plan.connections, max(plan.streams // 10, 32), plan.events)

    def requests(self, server: Server | None, plan: Plan) -> None:
        before = server.cpu_seconds() if server else 0
        figures = self.load(server, "bench", "closed", plan.connections, plan.requests, 0)
        name = server.name if server else "direct"
        self.record(name, "requests_per_second", figures["completed"] / figures["seconds"])
        if server:
            self.record(name, "cpu_per_10k_requests", (server.cpu_seconds() - before) * 10_000 / plan.requests)

    def streams(self, server: Server, plan: Plan) -> None:
        before = server.cpu_seconds()
        self.load(server, "events", "closed", plan.connections, plan.streams, plan.events)
        self.record(server.name, "cpu_per_1k_streams", (server.cpu_seconds() - before) * 1_000 / plan.streams)

    def latency(self, server: Server | None, plan: Plan) -> dict:
        figures = self.load(server, "bench", "open", 128, plan.rate, plan.seconds)
        name = server.name if server else "direct" if plan is not SLOW else "direct, slowly"
        self.record(name, "median_ms", figures["median_us"] / 1000)
        self.record(name, "p99_ms", figures["p99_us"] / 1000)
        return figures

    def latencies(self, servers: list[Server], plan: Plan) -> None:
        """The direct way in the same round: what a gateway adds is the difference of the two."""
        direct = self.latency(None, plan)
        for server in servers:
            figures = self.latency(server, plan)
            for key in ["median", "p99"]:
                self.record(server.name, f"added_{key}_ms", (figures[f"{key}_us"] - direct[f"{key}_us"]) / 1000)

    def memory(self, server: Server, key: str) -> None:
        self.record(server.name, key, server.resident_bytes() / 1e6)

    def idle_streams(self, server: Server, plan: Plan) -> None:
        """Resident memory while streams are open of which the first event has come."""
        command = self._command(server, "hold", "hold", plan.idle_streams)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
            try:
                if not load.stdout or not load.stdout.readline():
                    raise BenchFailure(f"{server.name}: not all of the idle streams came to stand\n{tail(server.log)}")
                time.sleep(1)
                self.memory(server, "rss_idle_streams_mb")
                rest, _ = load.communicate(timeout=60)
                if json.loads(rest)["held"] != plan.idle_streams:
                    raise BenchFailure(f"{server.name}: idle streams ended by themselves\n{tail(server.log)}")
            finally:
                load.kill()


def fetch(port: int, path: str) -> str:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def check_sage(server: Server, sent: int, off: set[str]) -> str:
    """That what is said to be on was on: a line of the log and a count in the metrics for each request."""
    found = []
    if "metrics" not in off:
        lines = [line for line in fetch(server.port, "/metrics").splitlines() if line.startswith("sage_requests_total{")]
        counted = int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))
        if counted < sent:
            raise BenchFailure(f"/metrics counts {counted} of {sent} requests")
        found.append("metrics")
    server.process.terminate()
    try:
        server.process.wait(40)
    except subprocess.TimeoutExpired:
        raise BenchFailure("sage did not end within 40 s of SIGTERM") from None
    if "log" not in off:
        with server.log.open() as log:
            lines = sum('"message":"request"' in line for line in log)
        if lines < sent:
            raise BenchFailure(f"the access log has {lines} lines for {sent} requests")
        found.append("access log")
    missing = f"; off: {', '.join(sorted(off))}" if off else ""
    return f"{sent} requests, each found in {' and '.join(found) or 'nothing'}{missing}"


def run(options: argparse.Namespace, folder: Path, processes: Processes) -> dict:
    plan = QUICK if options.quick else FULL
    site = Site(folder, options.tools, processes)
    bench = Bench(site, not options.quiet)
    notes: dict[str, str] = {}
    site.start_upstream(options.gap)
    servers = [site.start_nginx(), site.start_sage(options.sage, options.off)]
    time.sleep(1)
    for server in servers:
        bench.memory(server, "rss_at_rest_mb")
    for server in servers:
        bench.warm_up(server, plan)
    for number in range(1, plan.rounds + 1):
        bench.say(f"round {number} of {plan.rounds}")
        bench.requests(None, plan)
        for server in servers:
            bench.requests(server, plan)
        for server in servers:
            bench.streams(server, plan)
        bench.latencies(servers, plan)
    for server in servers:
        bench.memory(server, "rss_after_load_mb")
    for server in servers:
        bench.idle_streams(server, plan)
    notes["sage"] = check_sage(servers[1], bench.sent["sage"], options.off)
    notes["latency"] = f"at {plan.rate} requests a second"
    if options.quick:
        notes["quick"] = f"small counts, {plan.idle_streams} idle streams, maybe a debug build: the figures mean nothing"
    if options.litellm:
        try:
            bench.say("LiteLLM")
            server = site.start_litellm(options.litellm)
            time.sleep(3)
            bench.memory(server, "rss_at_rest_mb")
            bench.warm_up(server, SLOW)
            for _ in range(SLOW.rounds):
                bench.requests(server, SLOW)
                bench.streams(server, SLOW)
                bench.latencies([server], SLOW)
            bench.memory(server, "rss_after_load_mb")
            bench.idle_streams(server, SLOW)
            notes["litellm"] = (
                f"latency at {SLOW.rate} requests a second, which is about what it can do; memory with "
                f"{SLOW.idle_streams} idle streams")
        except BenchFailure as failure:
            notes["litellm"] = f"not measured to the end: {failure}"
    elif options.no_litellm:
        notes["litellm"] = f"not measured: {options.no_litellm}"
    names = ["direct", "nginx", "sage", "litellm"]
    results = {name: bench.result(name) for name in names if name in bench.samples}
    return {
        "mode": "quick" if options.quick else "full", "plan": vars(plan) | {"gap_us": options.gap}, "results": results,
        "samples": bench.samples, "targets": targets(results), "notes": notes, "off": sorted(options.off),
    }


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench ARGS=gateway", description=__doc__)
    parser.add_argument("--sage", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--tools", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--litellm", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-litellm", metavar="WHY", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="small counts: does everything work?")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, all samples included")
    parser.add_argument("--quiet", action="store_true", help="do not tell the progress")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is not met")
    parser.add_argument(
        "--off", action="append", default=[], choices=["keys", "limits", "log", "metrics"],
        help="leave this out, to see what it costs; may be repeated")
    parser.add_argument(
        "--gap", type=int, default=3000, metavar="MICROSECONDS", help="between the events of a stream; default %(default)s")
    options = parser.parse_args()
    options.off = set(options.off)
    return options


def main() -> int:
    options = parse()
    # A signal unwinds the stack, so that everything that was started ends too.
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, lambda *_: sys.exit(1))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory(prefix="sage-bench-") as folder, Processes() as processes:
            # nginx's workers, which may run as another user, have their temporary files in it.
            os.chmod(folder, 0o755)
            result = run(options, Path(folder), processes)
    except BenchFailure as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(json.dumps(result, indent=2) if options.json else table(result["results"], result["notes"]))
    is_missed = any(not target["is_met"] for target in result["targets"])
    return 1 if options.check and is_missed else 0


if __name__ == "__main__":
    sys.exit(main())
