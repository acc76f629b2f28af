"""The upstream of a run and the gateways in front of it, each with its configuration."""

import hashlib
import json
import subprocess
from pathlib import Path

from processes import BenchFailure, Processes, Server, free_port

KEY = "sk-sage-bench-0123456789abcdef0123456789abcdef"

COMPLETION = {
    "id": "chatcmpl-bench", "object": "chat.completion", "created": 1760000000, "model": "bench",
    "choices": [{
        "index": 0, "message": {"role": "assistant", "content": "The quick brown fox jumps over the lazy dog. " * 8},
        "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 42, "completion_tokens": 80, "total_tokens": 122},
}

# One worker a core, as both Sage and nginx have by themselves; no log, so that nothing but forwarding is measured.
NGINX = """
worker_processes {workers};
daemon off;
pid {folder}/nginx-{name}.pid;
error_log stderr warn;
worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-{name};
    proxy_temp_path {folder}/nginx-{name};
    fastcgi_temp_path {folder}/nginx-{name};
    uwsgi_temp_path {folder}/nginx-{name};
    scgi_temp_path {folder}/nginx-{name};
    keepalive_requests 100000000;
    default_type application/json;
    {body}
}}
"""

# The answer of the fixed upstream is a variable of the configuration: no file is opened for it.
FIXED = """
    server {{
        listen 127.0.0.1:{port};
        location / {{ return 200 '{answer}'; }}
    }}
"""

PROXY = """
    upstream completions {{ server 127.0.0.1:{completions}; keepalive 256; keepalive_requests 100000000; }}
    upstream events {{ server 127.0.0.1:{events}; keepalive 256; keepalive_requests 100000000; }}
    server {{
        listen 127.0.0.1:{port};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location /v1/ {{ proxy_pass http://completions; }}
        location /stream/v1/ {{
            rewrite ^/stream(.*)$ $1 break;
            proxy_pass http://events;
            proxy_buffering off;
        }}
    }}
"""

SAGE_PROVIDER = """  {name}:
    kind: openai
    baseURL: http://127.0.0.1:{port}/v1
    apiKey: sk-upstream
"""

# Wide enough that nothing of the load is refused: what is measured is the keeping of the limits.
SAGE_LIMITS = "    limits: { requestsPerMinute: 10000000, tokensPerMinute: 100000000, maxConcurrent: 8192 }\n"

SAGE_KEYS = """keys:
  - name: bench
    hash: "sha256:{hash}"
    requestsPerMinute: 10000000
    tokensPerMinute: 100000000
"""

LITELLM = """
model_list:
  - model_name: bench
    litellm_params: {{ model: openai/bench, api_base: "http://127.0.0.1:{completions}/v1", api_key: sk-upstream }}
  - model_name: events
    litellm_params: {{ model: openai/events, api_base: "http://127.0.0.1:{events}/v1", api_key: sk-upstream }}
  - model_name: hold
    litellm_params: {{ model: openai/hold, api_base: "http://127.0.0.1:{events}/v1", api_key: sk-upstream }}
general_settings: {{ master_key: {key} }}
litellm_settings: {{ telemetry: false, num_retries: 0 }}
"""


class Site:
    """The folder, the processes and the ports of one run."""

    def __init__(self, folder: Path, tools: Path, processes: Processes) -> None:
        self.folder = folder
        self.tools = tools
        self.processes = processes
        self.completions = 0
        self.events = 0

    def _file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def _nginx(self, name: str, body: str, port: int, workers: str) -> Server:
        (self.folder / f"nginx-{name}").mkdir()
        text = NGINX.format(folder=self.folder, name=name, workers=workers, body=body)
        path = self._file(f"nginx-{name}.conf", text)
        command = ["nginx", "-p", str(self.folder), "-e", "stderr", "-c", str(path)]
        return self.processes.serve(name, command, port, self.folder / f"nginx-{name}.log", patience=10)

    def start_upstream(self, gap_microseconds: int) -> None:
        """nginx for completions, `events` for streams."""
        self.completions = free_port()
        answer = json.dumps(COMPLETION, separators=(",", ":"))
        self._nginx("upstream", FIXED.format(port=self.completions, answer=answer), self.completions, "1")
        process = self.processes.start(
            [str(self.tools / "events"), str(gap_microseconds)], self.folder / "events.log", stdout=subprocess.PIPE)
        line = process.stdout.readline() if process.stdout else b""
        if not line.strip().isdigit():
            raise BenchFailure("the upstream for streams did not start")
        self.events = int(line)

    def start_nginx(self) -> Server:
        port = free_port()
        body = PROXY.format(port=port, completions=self.completions, events=self.events)
        return self._nginx("nginx", body, port, "auto")

    def start_sage(self, binary: Path, off: set[str]) -> Server:
        """Sage with everything on but what is named."""
        port = free_port()
        limits = "" if "limits" in off else SAGE_LIMITS
        text = f"server: {{ host: 127.0.0.1, port: {port} }}\nproviders:\n"
        text += SAGE_PROVIDER.format(name="completions", port=self.completions) + limits
        text += SAGE_PROVIDER.format(name="events", port=self.events) + limits
        text += "models:\n"
        for model, provider in [("bench", "completions"), ("events", "events"), ("hold", "events")]:
            text += f"  {model}: {{ targets: [{{ provider: {provider}, model: {model} }}] }}\n"
        # As it is by itself, breakers, retries and budgets included.
        text += "policies: { default: {} }\n"
        text += f"telemetry: {{ log: {'notice' if 'log' in off else 'info'}, logFormat: json }}\n"
        if "keys" not in off:
            text += SAGE_KEYS.format(hash=hashlib.sha256(KEY.encode()).hexdigest())
        path = self._file("sage.yaml", text)
        log = self.folder / "sage.log"
        # Its data directory is where it runs.
        return self.processes.serve(
            "sage", [str(binary), "serve", "--config", str(path)], port, log, patience=20, cwd=self.folder)

    def start_litellm(self, command: Path) -> Server:
        port = free_port()
        text = LITELLM.format(completions=self.completions, events=self.events, key=KEY)
        path = self._file("litellm.yaml", text)
        environment = {
            "PATH": f"{command.parent}:/usr/bin:/bin", "HOME": str(self.folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOG": "ERROR", "LITELLM_TELEMETRY": "False",
        }
        arguments = [str(command), "--config", str(path), "--host", "127.0.0.1", "--port", str(port)]
        return self.processes.serve(
            "litellm", arguments, port, self.folder / "litellm.log", patience=180, env=environment, cwd=self.folder)

    def request(self, name: str, port: int, model: str, path: str, *, stream: bool) -> Path:
        """The bytes of a request, in a file for the load generator."""
        body = json.dumps({
            "model": model,
            "messages": [
                {"role": "system", "content": "You are a helpful assistant. " * 4},
                {"role": "user", "content": "Say in a few sentences what resilience means for a program. " * 4},
            ],
            "temperature": 0.7,
        } | ({"stream": True} if stream else {}))
        head = "\r\n".join([
            f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {KEY}",
            "Content-Type: application/json", "Accept: application/json", "User-Agent: OpenAI/Python 2.0.0",
            "X-Stainless-Lang: python", "X-Stainless-Retry-Count: 0", f"Content-Length: {len(body)}", "", "",
        ])
        return self._file(f"{name}-{model}.http", head + body)
