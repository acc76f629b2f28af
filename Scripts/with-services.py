#!/usr/bin/env python3
"""Runs a command beside a real PostgreSQL (with pgvector) and a real Redis, and stops both when it ends.

with-services.py [--durable] COMMAND [ARGUMENT...]
    exits as the command does. --durable lets PostgreSQL sync its commits to the disk, for measurements.

The command finds the servers by SAGE_TEST_POSTGRES and SAGE_TEST_REDIS (URLs), the same with TLS by
SAGE_TEST_POSTGRES_TLS, SAGE_TEST_REDIS_TLS and SAGE_TEST_REDIS_CA, and what is needed to stop or inspect them by
SAGE_TEST_POSTGRES_BIN, SAGE_TEST_POSTGRES_DATA, SAGE_TEST_POSTGRES_PID and SAGE_TEST_REDIS_PID. A server that
SAGE_TEST_POSTGRES or SAGE_TEST_REDIS names already is taken instead; SAGE_TEST_POSTGRES_BIN names the programs of
another PostgreSQL than the wheel's.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Tests" / "Integration"))

from services import ServiceError, Services  # noqa: E402

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def say(text):
    print(f"==> {text}", flush=True)


class Stopped(BaseException):
    """A signal that arrived while no command ran."""


def ignore_signals():
    """From here on the servers are stopped, which nothing interrupts."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def stop(number, _):
    ignore_signals()
    raise Stopped(number)


def run(command, variables):
    """Runs the command and hands signals on to it; its exit code."""
    process = None

    def forward(number, _):
        if process and process.poll() is None:
            process.send_signal(number)

    for number in SIGNALS:
        signal.signal(number, forward)
    try:
        process = subprocess.Popen(command, env=os.environ | variables)
        code = process.wait()
    except OSError as error:
        print(f"error: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    finally:
        ignore_signals()
    return code if code >= 0 else 128 - code


def main(arguments):
    durable = arguments[:1] == ["--durable"]
    command = arguments[durable:]
    if not command or command[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    for number in SIGNALS:
        signal.signal(number, stop)
    try:
        with Services(durable) as services:
            for server in filter(None, (services.postgres, services.redis)):
                say(f"{server.name} answers on 127.0.0.1:{server.port}, process {server.pid}")
            return run(command, services.variables)
    except Stopped as stopped:
        return 128 + stopped.args[0]
    except ServiceError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        say("the servers are stopped")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
