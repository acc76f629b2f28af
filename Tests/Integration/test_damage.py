"""Files that are torn, or whose bits flip: what is left is told, and nothing crashes or hangs."""

import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from crash import SECONDS, Slot, directory, program, seeded, takes_its_time  # noqa: F401

pytestmark = takes_its_time


def fill(url, seconds, random):
    """A store that a killed writer left."""
    slot = Slot("write", "w0", url, random)
    slot.start({"on": "time", "after": seconds})
    while slot.life.due is None:
        assert slot.life.read(), f"ended before its work began: {slot.life.told!r}"
    while time.monotonic() < slot.life.due:
        slot.life.read()
    slot.end()


def flip(path, count, random, start=0):
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        for _ in range(count if size > start else 0):
            place = random.randrange(start, size)
            file.seek(place)
            old = file.read(1)
            file.seek(place)
            file.write(bytes([old[0] ^ (1 << random.randrange(8))]))


def tear(path, random):
    with open(path, "r+b") as file:
        file.truncate(random.randrange(os.fstat(file.fileno()).st_size + 1))


def zero(path, random):
    with open(path, "r+b") as file:
        pages = os.fstat(file.fileno()).st_size // 4_096
        if pages > 1:
            file.seek(random.randrange(1, pages) * 4_096)
            file.write(bytes(4_096))


# A damaged file is opened, read and repaired without a crash or a hang, whatever is wrong with it.
DAMAGES = {
    "bits of the file": lambda path, random: flip(path, random.randrange(1, 40), random),
    "bits behind the header": lambda path, random: flip(path, random.randrange(1, 200), random, 4_096),
    "bits of the log": lambda path, random: flip(f"{path}-wal", random.randrange(1, 40), random),
    "a torn log": lambda path, random: tear(f"{path}-wal", random),
    "a torn file": lambda path, random: tear(path, random),
    "a page of zeros": lambda path, random: zero(path, random),
}


def empty_log(path):
    """Brings everything into the file itself, so that no damage is healed by the log."""
    database = sqlite3.connect(path)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_tells_what_is_left(directory, damage):  # noqa: F811
    moments = seeded(damage)
    seen = {"looked": 0, "refused": 0}
    damaged = 0
    original = directory / "original"
    end = time.monotonic() + SECONDS / 16
    number = 0
    while time.monotonic() < end or number < 4:
        if number % 8 == 0:
            shutil.rmtree(original, ignore_errors=True)
            original.mkdir()
            fill(f"sqlite:{original}/sage.db", 0.3, moments)
        number += 1
        copy = directory / "copy"
        shutil.copytree(original, copy)
        path = copy / "sage.db"
        if damage not in ("bits of the log", "a torn log"):
            empty_log(path)
        if Path(f"{path}-wal").exists() or "log" not in damage:
            DAMAGES[damage](path, moments)
        done = subprocess.run(
            [program(), "look", f"sqlite:{path}"], capture_output=True, text=True, timeout=240, check=False
        )
        assert done.returncode == 0, f"{done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        word = done.stdout.splitlines()[-1].split()[0]
        seen[word] += 1
        damaged += "0 damaged, 0 unreadable" not in done.stdout
        shutil.rmtree(copy)
    print(f"\n{damage}: {number} files, {seen}, {damaged} with damage reported")
