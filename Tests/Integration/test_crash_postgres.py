"""PostgreSQL that is killed, stopped and restarted under load, and connections that break at the moment of a commit."""

import signal
import socket
import subprocess
import threading
import time

import pytest

from crash import SECONDS, Databases, kill_for, needs_postgres, only_in_long_runs, run, seeded, takes_its_time
from harness import eventually
from services import Front, PostgresServer, ServiceError
from test_agent import chat, serve, session  # noqa: F401

pytestmark = [needs_postgres, takes_its_time]


@pytest.fixture
def server():
    with PostgresServer() as started:
        yield started


class Trouble:
    """Does something to a server every second or two."""

    def __init__(self, server, random):
        self.server, self.random = server, random
        self.done = {"killed": 0, "stopped at once": 0, "restarted": 0, "connections ended": 0}
        self.next = time.monotonic() + 1

    def __call__(self):
        if time.monotonic() < self.next:
            return
        what = self.random.choice(list(self.done))
        self.done[what] += 1
        if what == "connections ended":
            # What pg_terminate_backend sends.
            for pid in self.server.processes()[1:]:
                if self.is_backend(pid):
                    self.end(pid)
        else:
            self.down(what)
            self.up()
        self.next = time.monotonic() + self.random.uniform(0.5, 1.5)

    def down(self, what):
        if what == "killed":
            self.server.kill()
        elif what == "stopped at once":
            self.server.process.send_signal(signal.SIGQUIT)
            self.server.process.wait(60)
        else:
            self.server.stop()

    def up(self):
        # What a killed server leaves takes a moment to end.
        for attempt in range(50):
            try:
                return self.server.start()
            except ServiceError:
                if attempt == 49:
                    raise
                time.sleep(0.1)

    @staticmethod
    def is_backend(pid):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                return b"127.0.0.1" in file.read()
        except OSError:
            return False

    @staticmethod
    def end(pid):
        subprocess.run(["kill", "-TERM", str(pid)], check=False, stderr=subprocess.DEVNULL)


def test_what_was_acknowledged_survives_the_death_of_the_server(server):
    moments = seeded("server")
    trouble = Trouble(server, moments)
    tally = kill_for(
        SECONDS / 2, Databases(server.url), ["write", "write", "remember"], moments, kills_per_store=100,
        disturb=trouble,
        enough=lambda tally: sum(trouble.done.values()) > SECONDS / 10 and tally.told > tally.kills + 3,
    )  # fmt: skip
    print(trouble.done)
    # Whether a writer sees an outage is left open: one that is short enough is over before its tries are.
    assert sum(trouble.done.values()) > SECONDS / 10 and tally.acknowledged > tally.kills


class Cutter(Front):
    """Stands before a server and cuts connections at the moment of COMMIT, before or after the server has heard it."""

    COMMIT = b"COMMIT\0"

    def __init__(self, port, plan):
        self.plan = plan
        self.lock = threading.Lock()
        self.decisions = []
        super().__init__(port)

    def serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return client.close()
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        is_cut = threading.Event()
        threading.Thread(target=self.answer, args=(server, client, is_cut), daemon=True).start()
        self.forward(client, server, is_cut)

    def forward(self, client, server, is_cut):
        try:
            while part := client.recv(1 << 16):
                decision = self.decide() if self.COMMIT in part else "pass"
                if decision == "before":
                    break
                if decision == "after":
                    # The answer goes nowhere, and the connection ends when it has come.
                    is_cut.set()
                server.sendall(part)
                if decision == "after":
                    return
        except OSError:
            pass
        self.end(client, server)

    def answer(self, server, client, is_cut):
        try:
            while part := server.recv(1 << 16):
                if is_cut.is_set():
                    break
                client.sendall(part)
        except OSError:
            pass
        self.end(client, server)

    def decide(self):
        with self.lock:
            decision = self.plan(len(self.decisions))
            self.decisions.append(decision)
            return decision


@pytest.fixture
def cut(server):
    made = []

    def cut(plan):
        made.append(Cutter(server.port, plan))
        return made[-1]

    yield cut
    for cutter in made:
        cutter.close()


def test_a_commit_whose_answer_is_lost_counts_as_unknown_and_is_not_repeated(server, cut):
    # The first commit makes the table.
    cutter = cut(lambda number: ["pass", "after", "pass", "pass", "before", "pass", "pass"][number % 7])
    url = Databases(server.url)(by_way_of=cutter.port)
    told = run("insert", url, 100).splitlines()
    outcomes = {int(line.split()[1]): line.split()[2] for line in told if line.startswith("row ")}
    direct = url.replace(f":{cutter.port}/", f":{server.port}/")
    found = dict(map(int, line.split()[1:]) for line in run("count", direct).splitlines())
    assert len(outcomes) == 100 and len(cutter.decisions) == 101, "one commit for each row"
    for number, outcome in outcomes.items():
        decision = cutter.decisions[number + 1]
        assert outcome == ("done" if decision == "pass" else "unknown"), f"row {number}, cut {decision}"
        assert found.get(number, 0) == (0 if decision == "before" else 1), f"row {number}, cut {decision}"


def test_what_was_written_before_a_lost_answer_is_found_again(server, cut):
    moments = seeded("commits")
    cutter = cut(lambda _: moments.choices(["pass", "before", "after"], [90, 5, 5])[0])
    make = Databases(server.url)
    writers = ["write", "write", "remember"]

    def cuts_so_far():
        return len(cutter.decisions) - cutter.decisions.count("pass")

    tally = kill_for(
        SECONDS / 4, lambda _: make(by_way_of=cutter.port), writers, moments, kills_per_store=60,
        check_by=lambda url: url.replace(f":{cutter.port}/", f":{server.port}/"),
        enough=lambda tally: cuts_so_far() > SECONDS / 4 and tally.told > cuts_so_far() + 10,
    )  # fmt: skip
    cuts = cuts_so_far()
    print(f"{cuts} of {len(cutter.decisions)} commits cut")
    assert cuts > SECONDS / 4 and tally.acknowledged > cuts


class Door(Front):
    """Stands before a server, and turns those away who knock while it is shut, until so many have."""

    # How many are to be turned away, and how many were.
    refusals = turned_away = 0

    def __init__(self, port):
        self.lock = threading.Lock()
        super().__init__(port)

    def shut(self, refusals):
        with self.lock:
            self.refusals = refusals

    def serve(self, client):
        with self.lock:
            is_shut = self.refusals > 0
            self.refusals -= is_shut
            self.turned_away += is_shut
        if is_shut:
            return client.close()
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return client.close()
        threading.Thread(target=self.pump, args=(server, client), daemon=True).start()
        self.pump(client, server)


def test_a_restart_of_the_server_is_waited_for(server, serve, primary):  # noqa: F811
    door = Door(server.port)
    url = server.url.replace(f":{server.port}/", f":{door.port}/")
    gateway = serve(storage={"sessions": url, "memory": url})
    primary.replies("fine")
    chat(gateway, "hi", session_id="s").raise_for_status()
    trouble = Trouble(server, seeded("restart"))
    trouble.down("killed")
    trouble.up()
    # As the server itself would while it starts, which takes as long as the machine needs. Connecting is tried five
    # times.
    door.shut(2)
    answer = chat(gateway, "still there?", session_id="s", memory=False)
    assert answer.status_code == 200, answer.text
    assert session(gateway, "s")["message_count"] == 4
    assert door.turned_away == 2
    door.close()


@only_in_long_runs
def test_conversations_go_on_after_an_outage_of_the_server(server, serve, primary):  # noqa: F811
    gateway = serve(storage={"sessions": server.url, "memory": server.url})
    primary.replies("fine")
    acknowledged = {}

    def talk(name):
        answer = chat(gateway, "hi", session_id=name)
        if answer.status_code == 200:
            acknowledged[name] = acknowledged.get(name, 0) + 2
        return answer

    for number in range(4):
        assert talk(f"s{number}").status_code == 200
    trouble = Trouble(server, seeded("restart"))
    trouble.down("killed")
    refused = talk("s0")
    assert refused.status_code == 503 and refused.json()["error"]["code"] == "store_unavailable"
    stores = {store["name"]: store for store in gateway.status()["stores"]}
    assert not stores["sessions"]["up"] and "@" not in stores["sessions"]["error"]
    assert gateway.ask().text == "fine"
    trouble.up()
    # A breaker of the store that opened meanwhile lets nothing through for a minute.
    eventually(lambda: talk("s1").status_code == 200, within=90, what="the store being used again")
    for name, count in acknowledged.items():
        assert session(gateway, name)["message_count"] >= count
        assert talk(name).status_code == 200
