"""The spans of the gateway, as a collector of OpenTelemetry reads them: with the parser of protocol buffers itself."""

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from harness import UPSTREAM_MODEL, Gateway, collect, eventually, policy, provider, target

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SECRET = "nobody may read this"
COMPLAINT = "worker seven is busy"


def with_base64_ids(node):
    """The document with its ids as protocol buffers' own JSON has them; OTLP writes them in hexadecimal."""
    if isinstance(node, list):
        return [with_base64_ids(element) for element in node]
    if not isinstance(node, dict):
        return node
    ids = {"traceId": 16, "spanId": 8, "parentSpanId": 8}
    result = {}
    for key, value in node.items():
        if key in ids:
            raw = bytes.fromhex(value)
            assert len(raw) == ids[key] and any(raw) and value == value.lower(), (key, value)
            value = base64.b64encode(raw).decode()
        else:
            value = with_base64_ids(value)
        result[key] = value
    return result


class Collector:
    def __init__(self):
        self.answers, self.requests, self.mistakes = [], [], []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                status, headers = collector.answers.pop(0) if collector.answers else (200, {})
                try:
                    collector.take(self.path, self.headers, body, status)
                except Exception as error:
                    collector.mistakes.append(error)
                self.send_response(status)
                for name, value in (headers | {"content-length": "2", "content-type": "application/json"}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, path, headers, body, status):
        assert path == "/v1/traces"
        assert headers["content-type"] == "application/json"
        # Unknown fields and wrong types are errors to the parser.
        request = json_format.ParseDict(with_base64_ids(json.loads(body)), ExportTraceServiceRequest())
        self.requests.append((status, dict(headers), body, request))

    def spans(self):
        assert not self.mistakes, self.mistakes
        return [
            span
            for status, _, _, request in self.requests
            if status == 200
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def attributes(span):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


@pytest.fixture
def collector():
    running = Collector()
    yield running
    running.stop()


@pytest.fixture
def traced(primary, secondary, servers, tmp_path, collector):
    """Starts a gateway that traces, and stops it so that everything is exported."""

    def start(url=None, **changes):
        configuration = {
            "server": {"host": "127.0.0.1"},
            "providers": {"primary": provider(primary), "secondary": provider(secondary)},
            "models": {"chat": {"targets": [target("primary"), target("secondary")]}},
            "policies": {"default": policy()},
            "telemetry": {"otlp": {"endpoint": url or collector.url, "headers": {"x-key": "collector-key"}} | changes},
        }
        gateway = Gateway(tmp_path, configuration)
        servers.append(gateway)
        return gateway.wait_until_ready()

    return start


def end(gateway):
    gateway.terminate()
    assert gateway.wait() == 0


def test_a_collector_understands_every_span(traced, collector, primary, secondary):
    primary.always(status=503, body=json.dumps({"error": {"message": COMPLAINT}}))
    secondary.replies(SECRET)
    gateway = traced()
    body = {
        "model": "chat",
        "messages": [{"role": "user", "content": SECRET}],
        "temperature": 0.5,
        "max_tokens": 7,
    }
    answer = gateway.post(body, headers={"traceparent": PARENT, "tracestate": "rojo=1"})
    assert answer.status_code == 200
    stream = gateway.client().chat.completions.create(
        model="chat", messages=[{"role": "user", "content": SECRET}], stream=True
    )
    collect(stream)
    end(gateway)

    spans = collector.spans()
    served = sorted(
        (span for span in spans if span.kind == Span.SPAN_KIND_SERVER), key=lambda span: span.start_time_unix_nano
    )
    assert [span.name for span in served] == ["POST /v1/chat/completions"] * 2
    first = served[0]
    assert first.trace_id.hex() == PARENT.split("-")[1]
    assert first.parent_span_id.hex() == PARENT.split("-")[2]
    assert first.trace_state == "rojo=1"
    assert attributes(first)["sage.request_id"] == answer.headers["x-sage-request-id"]
    calls = sorted(
        (span for span in spans if span.parent_span_id == first.span_id), key=lambda span: span.start_time_unix_nano
    )
    assert [span.name for span in calls] == [f"chat {UPSTREAM_MODEL}"] * 2
    assert [attributes(span)["sage.attempt_kind"] for span in calls] == ["first", "fallback"]
    failed, answered = calls
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert attributes(failed)["error.type"] == "503"
    told = attributes(answered)
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.request.model"] == UPSTREAM_MODEL
    assert told["gen_ai.request.temperature"] == 0.5
    assert told["gen_ai.request.max_tokens"] == 7
    assert told["gen_ai.usage.output_tokens"] > 0
    assert [value.string_value for value in told["gen_ai.response.finish_reasons"].values] == ["stop"]
    assert told["server.address"] == "127.0.0.1" and told["server.port"] == secondary.port
    for span in spans:
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano

    # The provider's own part belongs to the call.
    [seen] = [request["headers"] for request in secondary.requests()][:1]
    seen = {name.lower(): value for name, value in seen.items()}
    assert seen["traceparent"] == f"00-{answered.trace_id.hex()}-{answered.span_id.hex()}-01"

    assert all(headers["x-key"] == "collector-key" for _, headers, _, _ in collector.requests)
    sent = b"".join(body for _, _, body, _ in collector.requests)
    for secret in (SECRET, "key-of-primary", "collector-key"):
        assert secret.encode() not in sent
        assert secret not in gateway.output()
    assert COMPLAINT.encode() not in sent


def test_an_overloaded_collector_gets_the_spans_later(traced, collector, primary):
    collector.answers = [(503, {"retry-after": "1"})]
    primary.replies()
    gateway = traced()
    gateway.ask()
    eventually(collector.spans, what="the second try")
    end(gateway)
    assert len(collector.spans()) == 2
    assert 'sage_otlp_spans_total' not in gateway.output()


def test_a_collector_that_is_away_costs_nothing(traced, primary):
    primary.replies()
    gateway = traced(url="http://127.0.0.1:9")
    for _ in range(20):
        assert gateway.ask().attempts == 1
    end(gateway)
    assert gateway.output().count("spans are lost") == 1


def test_without_a_collector_the_clients_trace_goes_on(gateway, primary):
    primary.replies()
    gateway.post(
        {"model": "single", "messages": [{"role": "user", "content": "hi"}]}, headers={"traceparent": PARENT}
    )
    [request] = primary.requests()
    assert {name.lower(): value for name, value in request["headers"].items()}["traceparent"] == PARENT
