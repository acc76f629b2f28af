"""Starts the programs of a run, finds their processes, and reads what these have used."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


class BenchFailure(Exception):
    """What ends a run, said to whoever started it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def die_with_parent() -> None:
    """Runs in the child before its program: the system ends it when this one is killed, however that comes about."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


@dataclass
class Server:
    """A program under measurement, with all of its processes."""

    name: str
    port: int
    process: subprocess.Popen
    log: Path
    figures: dict = field(default_factory=dict)

    def pids(self) -> list[int]:
        """The process and everything that it has started."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
        found = [self.process.pid]
        for pid in found:
            found += parents.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """User and system time so far, of children that have ended too."""
        ticks = 0
        for pid in self.pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks += sum(int(value) for value in fields[11:15])
        return ticks / TICKS_A_SECOND

    def resident_bytes(self) -> int:
        total = 0
        for pid in self.pids():
            try:
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            total += sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))
        return total


class Processes:
    """The programs of a run; all of them end with the `with` block."""

    def __init__(self) -> None:
        self.started: list[subprocess.Popen] = []

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.started):
            self.stop(process)

    def stop(self, process: subprocess.Popen) -> None:
        """Ends a program and what it has started: each has a group of its own."""
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def start(self, command: list[str], log: Path, **options: object) -> subprocess.Popen:
        with log.open("ab") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True,
                preexec_fn=die_with_parent, **({"stdout": errors} | options))
        self.started.append(process)
        return process

    def serve(self, name: str, command: list[str], port: int, log: Path, *, patience: float, **options: object) -> Server:
        """Starts a server and waits until its port accepts connections."""
        process = self.start(command, log, **options)
        end = time.monotonic() + patience
        while True:
            if process.poll() is not None:
                raise BenchFailure(f"{name} ended with {process.returncode}:\n{tail(log)}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return Server(name, port, process, log)
            except OSError:
                if time.monotonic() > end:
                    raise BenchFailure(f"{name} did not listen within {patience:.0f} s:\n{tail(log)}") from None
                time.sleep(0.05)


def tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
