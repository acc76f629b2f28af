"""Kills writers at random moments and in the midst of what they do, and checks that all they were acknowledged is there.

`SAGE_CRASH_SECONDS=600` kills for ten minutes, `SAGE_CRASH_SEED` chooses other moments.
"""

import pytest

from crash import SECONDS, databases, directory, kill_for, needs_postgres, remove, seeded, sqlite_urls  # noqa: F401
from crash import takes_its_time

pytestmark = takes_its_time

WRITERS = {"one writer": ["write"], "several writers": ["write", "write", "remember"]}


def more_than(kills):
    """So many kills, and more acknowledgements than kills, also when all writers are killed once more at the end."""
    return lambda tally: tally.kills > kills and tally.told > tally.kills + 3


@pytest.mark.parametrize("writers", WRITERS)
def test_what_was_acknowledged_survives_the_death_of_its_writers(directory, writers):  # noqa: F811
    # Of one alone there are fewer ways to be in each other's way, and so less time.
    seconds = SECONDS * (0.25 if len(WRITERS[writers]) == 1 else 0.75)
    tally = kill_for(
        seconds, sqlite_urls(directory), WRITERS[writers], seeded(writers), clean=remove, enough=more_than(seconds)
    )
    assert tally.kills > seconds and tally.acknowledged > tally.kills
    assert tally.troubles == 0


@needs_postgres
def test_what_was_acknowledged_survives_in_postgresql(databases):  # noqa: F811
    tally = kill_for(
        SECONDS / 4, databases, ["write", "write", "remember"], seeded("postgres"), kills_per_store=80,
        enough=more_than(SECONDS / 8),
    )  # fmt: skip
    assert tally.kills > SECONDS / 8 and tally.acknowledged > tally.kills
    assert tally.troubles == 0
