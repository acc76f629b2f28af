"""`sage doctor`: what is wrong is named, and what mends that and nothing else."""

import json
import socket
import sqlite3

import pytest

from harness import run
from test_agent import chat, kill, serve  # noqa: F401


@pytest.fixture
def doctor(tmp_path):
    """Examines stores; gives the exit code and the failed checks."""

    def doctor(directory, **storage):
        file = tmp_path / "doctor.yaml"
        configuration = {"providers": {"sim": {"kind": "simulated"}}} | ({"storage": storage} if storage else {})
        file.write_text(json.dumps(configuration))
        ended = run("doctor", "--config", file, "--data-dir", directory, "--json", timeout=90)
        checks = json.loads(ended.stdout)["checks"]
        return ended.returncode, [check for check in checks if check["status"] == "failed"]

    return doctor


@pytest.fixture
def data(serve, primary, tmp_path):
    """The folder of a server that has a conversation and a memory."""
    gateway = serve()
    assert chat(gateway, "hi", session_id="s").status_code == 200
    kill(gateway)
    return tmp_path / "data"


def settle(data):
    """Writes what is in the log of the file into the file."""
    database = sqlite3.connect(data / "sage.db")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return data / "sage.db"


def change(data, sql):
    database = sqlite3.connect(data / "sage.db")
    assert database.execute(sql).rowcount == 1
    database.commit()
    database.close()


def test_what_is_whole_is_fine(data, doctor):
    assert doctor(data) == (0, [])


@pytest.mark.parametrize("component", ["sessions", "memory"])
def test_a_database_of_a_later_version_is_told(data, doctor, component):
    change(
        data,
        "INSERT INTO sage_schema SELECT component, 999, title, checksum, applied_at FROM sage_schema "
        f"WHERE component = '{component}' AND version = 1",
    )
    code, failed = doctor(data)
    assert code == 1 and len(failed) == 1
    assert f"the schema of {component} has version 999" in failed[0]["message"]
    assert "later version" in failed[0]["remedy"]


def test_a_file_that_is_no_database_is_not_to_be_rescued(tmp_path, doctor):
    (tmp_path / "sage.db").write_bytes(b"not a database at all\n" * 500)
    code, failed = doctor(tmp_path)
    assert code == 1 and "is no SQLite database" in failed[0]["message"]
    assert ".recover" not in failed[0]["remedy"] and "another file" in failed[0]["remedy"]


def test_a_database_of_another_program_is_left_alone(tmp_path, doctor):
    database = sqlite3.connect(tmp_path / "sage.db")
    database.executescript("PRAGMA application_id = 7; CREATE TABLE theirs (id INTEGER); INSERT INTO theirs VALUES (1);")
    database.close()
    before = (tmp_path / "sage.db").read_bytes()
    code, failed = doctor(tmp_path)
    assert code == 1 and "another program" in failed[0]["message"] and ".recover" not in failed[0]["remedy"]
    assert (tmp_path / "sage.db").read_bytes() == before


def test_a_damaged_database_is_to_be_rescued(data, doctor):
    file = settle(data)
    content = bytearray(file.read_bytes())
    assert len(content) > 5 * 4096
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    file.write_bytes(content)
    code, failed = doctor(data)
    assert code == 1 and "damaged" in failed[0]["message"] and ".recover" in failed[0]["remedy"]


def test_a_port_of_something_else_is_no_trouble_of_tls(tmp_path, doctor, primary):
    code, failed = doctor(tmp_path, sessions=f"postgres://u:secret@127.0.0.1:{primary.port}/db")
    assert code == 1
    told = json.dumps(failed)
    assert "is a PostgreSQL server" in told and "sslmode" not in told and "secret" not in told


def test_a_redis_that_is_silent_is_no_trouble_of_names(tmp_path, doctor):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        code, failed = doctor(tmp_path, state=f"redis://127.0.0.1:{silent.getsockname()[1]}")
    assert code == 1 and failed
    assert "paused" in failed[0]["remedy"] and "name service" not in failed[0]["remedy"]
