"""Writers that are killed, and the comparison of what they were acknowledged with what their store holds."""

import os
import random
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]
# How long a test kills, in seconds, as a part of which some take less; and the seed of its moments.
SECONDS = float(os.environ.get("SAGE_CRASH_SECONDS", "20"))
SEED = int(os.environ.get("SAGE_CRASH_SEED", "6"))
POSTGRES = os.environ.get("SAGE_TEST_POSTGRES")

# Beside the killing there is the comparison of what is left.
takes_its_time = pytest.mark.timeout(600 + 2 * SECONDS)
# What waits for a breaker of a store, which stays open for a minute, or for something else that takes long.
only_in_long_runs = pytest.mark.skipif(SECONDS < 60, reason="takes minutes: set SAGE_CRASH_SECONDS to 60 or more")
needs_postgres = pytest.mark.skipif(not POSTGRES, reason="SAGE_TEST_POSTGRES names no server")

# The operations in whose midst a writer is killed, beside moments of no choice.
CONVERSATIONS = ("message", "partial", "toolStarted", "turnEnded", "compaction", "fork", "transfer", "delete", "maintain")
MEMORY = ("remember", "forget", "embed", "reindex")
# What an acknowledgement of leaves nothing to compare.
UNCHECKED = re.compile(r'ack \{"op":"(embed|reindex|insert|maintain)"')


def program():
    """The writer: the one that SAGE_CRASH_WRITER names, else the one that was built last, of a part or of the whole."""
    named = os.environ.get("SAGE_CRASH_WRITER")
    built = [ROOT / folder / "debug/sage-crash-writer" for folder in (".build-storage", ".build")]
    found = [path for path in built if path.exists()]
    if not named and not found:
        pytest.skip("sage-crash-writer is not built: swift build --product sage-crash-writer")
    return named or max(found, key=lambda path: path.stat().st_mtime)


def run(*arguments, told="", timeout=480):
    """Runs the writer's program to its end; what it says."""
    done = subprocess.run(
        [program(), *map(str, arguments)], input=told, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, arguments[:1]))}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def check(url, told):
    """Compares a store with all that its writers told; how many acknowledgements were checked."""
    return int(run("check", url, told=told).rsplit("checked ", 1)[1].split()[0])


class Life:
    """One process that writes until it is killed."""

    def __init__(self, slot, arguments, before, doom):
        self.slot = slot
        # What is said on the way to its end goes to files: a pipe would have to be read meanwhile.
        self.errors = tempfile.TemporaryFile()
        self.begun = time.monotonic()
        self.doom = doom
        # A moment after its start, or unknown before it is ready.
        self.due = self.begun + doom["after"] if doom["on"] == "start" else None
        self.told = b""
        self.seen = 0
        self.is_ready = False
        with tempfile.TemporaryFile() as past:
            past.write(before.encode())
            past.seek(0)
            self.process = subprocess.Popen(
                [program(), *arguments], stdin=past, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0
            )
        self.output = self.process.stdout.fileno()

    def take(self, data):
        """Hears what it tells, and decides when it dies."""
        self.told += data
        end = self.told.rfind(b"\n") + 1
        lines, self.seen = self.told[self.seen : end].splitlines(), end
        now = time.monotonic()
        for line in lines:
            if line == b"ready":
                self.is_ready = True
                if self.doom["on"] == "time":
                    self.due = now + self.doom["after"]
                elif self.doom["on"] != "start":
                    # One that never does it dies nevertheless.
                    self.due = now + 0.2
            elif self.is_ready and line.startswith(f'try {{"op":"{self.doom["on"]}"'.encode()):
                self.due = min(self.due, now + self.doom["after"])

    def read(self):
        """What has come; nothing when it has ended."""
        data = os.read(self.output, 1 << 16)
        if data:
            self.take(data)
        return data

    def kill(self):
        """Ends it at once; the lines it has told."""
        self.process.send_signal(signal.SIGKILL)
        while self.read():
            pass
        code = self.process.wait()
        self.process.stdout.close()
        self.errors.seek(0)
        errors = self.errors.read()
        self.errors.close()
        told = self.told.decode()
        assert code == -signal.SIGKILL, f"ended by itself with {code}: {told[-1500:]} {errors!r}"
        # A line that was cut off was not acknowledged to anybody.
        return told[: told.rfind("\n") + 1]


class Slot:
    """A writer with one life after the other; each begins by checking what the one before was acknowledged."""

    def __init__(self, mode, name, url, random):
        self.mode, self.name, self.url, self.random = mode, name, url, random
        self.run = 0
        self.last = ""
        self.life = None

    def doom(self):
        """On what occasion, and how long after it, the next life ends."""
        operations = CONVERSATIONS if self.mode == "write" else MEMORY
        kind = "start" if self.run == 0 else self.random.choice(["start", "time", "time", "time", "time", "operation"])
        if self.run > 0 and self.random.random() < 0.4:
            kind = "operation"
        if kind == "start":
            return {"on": "start", "after": self.random.uniform(0, 0.08)}
        if kind == "time":
            return {"on": "time", "after": self.random.uniform(0, 0.03)}
        return {"on": self.random.choice(operations), "after": self.random.uniform(0, 0.003)}

    def start(self, doom=None):
        doom = doom or self.doom()
        favourite = [doom["on"]] if doom["on"] not in ("start", "time") else []
        seed = str(self.random.randrange(1 << 62))
        # A life that was killed before it could check anything leaves that to the next one.
        arguments = [self.mode, self.url, self.name, str(self.run), seed, *favourite]
        self.life = Life(self, arguments, self.last, doom)
        self.run += 1

    def end(self):
        """Kills the present life; what it has told."""
        life, self.life = self.life, None
        told = life.kill()
        self.last = told if life.is_ready else self.last + told
        return told


class Tally:
    """What a run has done so far."""

    def __init__(self):
        self.kills = 0
        # Acknowledgements that writers have told of, which are yet to be compared.
        self.told = 0
        self.acknowledged = 0
        self.stores = 0
        self.troubles = 0
        self.occasions = {}

    def count(self, life, told):
        self.kills += 1
        self.told += sum(line.startswith("ack ") and not UNCHECKED.match(line) for line in told.splitlines())
        self.troubles += told.count("trouble ")
        occasion = life.doom["on"] if life.is_ready or life.doom["on"] == "start" else "opening"
        self.occasions[occasion] = self.occasions.get(occasion, 0) + 1

    def __str__(self):
        occasions = ", ".join(f"{count} {name}" for name, count in sorted(self.occasions.items()))
        return (
            f"{self.kills} kills ({occasions}), {self.acknowledged} acknowledgements checked, {self.stores} stores, "
            f"{self.troubles} failures of the store seen by writers, seed {SEED}"
        )


def kill_one_by_one(slots, tally, kills, is_over, disturb=None):
    """Lets all slots write and kills whoever's moment has come, until there were so many kills; what was told.

    `disturb` is called again and again and does something to the store.
    """
    told = ""
    target = tally.kills + kills
    try:
        for slot in slots:
            slot.start()
        while tally.kills < target and not is_over():
            if disturb:
                disturb()
            now = time.monotonic()
            dues = [slot.life.due for slot in slots if slot.life.due is not None]
            wait = max(0, min(dues, default=now + 0.1) - now)
            ready, _, _ = select.select([slot.life.output for slot in slots], [], [], min(wait, 0.1))
            for slot in slots:
                if slot.life.output in ready and not slot.life.read():
                    # By itself, which none may.
                    slot.end()
                if slot.life.due is not None and time.monotonic() >= slot.life.due:
                    told += bury(slot, tally)
                    slot.start()
                assert time.monotonic() < slot.life.begun + 240, f"never ready: {slot.life.told[-500:]!r}"
    finally:
        for slot in slots:
            if slot.life:
                told += bury(slot, tally)
    return told


def bury(slot, tally):
    life = slot.life
    told = slot.end()
    tally.count(life, told)
    return told


def kill_for(
    seconds, make_url, modes, random, *, enough=None, kills_per_store=40, clean=None, disturb=None, check_by=None
):
    """Fresh stores one after the other, on each so many kills, and then the comparison of everything.

    It goes on beyond the time until `enough` says of the tally that something has come of it, for some minutes: a slow
    machine does little in a few seconds.
    """
    tally = Tally()
    end = time.monotonic() + seconds

    def is_over():
        now = time.monotonic()
        return now >= end and (enough is None or enough(tally) or now >= end + 240)

    while not is_over():
        url = make_url(tally.stores)
        tally.stores += 1
        slots = [Slot(mode, f"{mode[0]}{index}", url, random) for index, mode in enumerate(modes)]
        told = kill_one_by_one(slots, tally, kills_per_store, is_over, disturb)
        tally.acknowledged += check(check_by(url) if check_by else url, told)
        if clean:
            clean(url)
    print(f"\n{tally}")
    return tally


# Stores


def sqlite_urls(directory):
    def make(number):
        (directory / str(number)).mkdir()
        return f"sqlite:{directory}/{number}/sage.db"

    return make


def remove(url):
    shutil.rmtree(Path(url.removeprefix("sqlite:")).parent)


@pytest.fixture
def directory(tmp_path):
    """A directory in memory where there is one: what a process leaves behind is the kernel's either way, and without
    waiting for a disk there are many more deaths in the same time."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix="sage-crash-", dir="/dev/shm"))
    yield path
    shutil.rmtree(path)


class Databases:
    """Makes databases of their own on a server of PostgreSQL, and drops them."""

    def __init__(self, server):
        self.server = server
        self.made = []

    def __call__(self, _=0, *, by_way_of=None):
        """The URL of a new one; `by_way_of` is the port of what stands before the server."""
        name = f"sage_crash_{uuid.uuid4().hex}"
        run("create", self.server, name)
        self.made.append(name)
        parts = urlsplit(self.server)
        host = parts.netloc if by_way_of is None else f"{parts.netloc.rpartition(':')[0]}:{by_way_of}"
        return parts._replace(netloc=host, path=f"/{name}").geturl()

    def drop(self):
        for name in self.made:
            run("drop", self.server, name)


@pytest.fixture
def databases():
    made = Databases(POSTGRES)
    yield made
    made.drop()


def seeded(name):
    """The moments of a test, the same for the same seed."""
    return random.Random(f"{SEED} {name}")
