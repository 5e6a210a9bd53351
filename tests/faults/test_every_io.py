"""Every single change of a file during a crawl fails once, one run for each: its own exit code, nothing lost, the next run mends it."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import Figure
from tests.support.archive_home import Home
from tests.support.faults.inject.checks import archive, found, wrongs
from tests.support.faults.inject.hooks import hooked, noted
from tests.support.faults.inject.server import Served, served
from tests.support.faults.inject.site import publish, tiny_site

OLD, ALL = 1, 4
SEED = 20261123


@dataclass(frozen=True)
class Small:
    """The small crawl: an archive with one notice, of which each run gets a copy, and three more notices on the site."""

    folder: Path
    start: Home
    server: Served
    changes: tuple[str, ...]

    def copy(self, name: str) -> Home:
        """The archive as it is before the crawl."""
        home = archive(self.folder / name / "home")
        shutil.copytree(self.start.path, home.path)
        return home

    def run(self, home: Home, fault: str, *words: str) -> subprocess.CompletedProcess[str]:
        """A command under a fault."""
        return self.server.run(words, hooked(home.path.parent / "hook", fault, home.path, home.environment))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    folder = tmp_path_factory.mktemp("io")
    start = archive(folder / "start")
    with tiny_site(OLD) as site, served(folder / "server") as server:
        start.source(site.base)
        start.run("crawl")
        publish(site, ALL)
        empty = Small(folder, start, server, ())
        home = empty.copy("count")
        done = empty.run(home, "count", "crawl")
        assert (done.returncode, wrongs(home, ALL)) == (0, {}), done.stderr
        yield Small(folder, start, server, tuple(noted(home.path.parent / "hook")))


def fails_at(small: Small, change: str, error: str, how: str) -> str:
    """Let one change fail, look at the archive, run again without fault; what came of it in a word, or what was wrong."""
    role, at, _ = change.split(maxsplit=2)
    home = small.copy(f"{role}-{at}-{error}-{how}")
    done = small.run(home, f"fail:{role}:{at}:{error}:{how}", "crawl")
    hit = [line for line in noted(home.path.parent / "hook") if line.startswith("failed")]
    told = f"{change} ({error} {how}): exit {done.returncode}, {hit}: {done.stderr[-900:]}"
    allowed = (0, 5) if error == "ENOSPC" else (0, 2, 3, 4)
    if not hit:
        return "not reached"
    if done.returncode not in allowed:
        return told
    if done.returncode == 0 and how == "once" and wrongs(home, ALL):
        return f"{told} but {wrongs(home, ALL)}"
    if found(home, "甲0001") != 1:
        return f"{told}: what was held is not found"
    again = small.run(home, "off", "crawl")
    if again.returncode or wrongs(home, ALL):
        return f"{told}; then exit {again.returncode} {dict(wrongs(home, ALL))} {again.stderr[-900:]}"
    shutil.rmtree(home.path.parent)
    return f"exit {done.returncode}"


def campaign(small: Small, changes: list[str], error: str, how: str, figure: Figure) -> Counter[str]:
    """All these faults, two runs at a time; asserts that every one came out right."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda change: fails_at(small, change, error, how), changes))
    ends = Counter(r for r in results if r.startswith(("exit", "not reached")))
    wrong = [r for r in results if not r.startswith(("exit", "not reached"))]
    told = ", ".join(f"{times} {end}" for end, times in sorted(ends.items(), reverse=True))
    which = "every" if len(changes) == len(small.changes) else "a seeded share"
    fault = (
        f"change k fails once, {which} of {len(small.changes)}"
        if how == "once"
        else f"nothing can grow from change k on, {which} of {len(small.changes)}"
    )
    figure(f"{error}: {fault}", len(changes), f"{told}; wrong {len(wrong)}")
    print("went on without it:", dict(Counter(place(c) for c, r in zip(changes, results, strict=True) if r == "exit 0")))
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(changes)}", *wrong[:20]])
    assert ends["not reached"] * 20 <= len(changes)
    return ends


def place(change: str) -> str:
    """What was changed, without the numbers and chance letters in a name."""
    role, _, kind, *path = change.split()
    return " ".join([role, kind, re.sub(r"g-\d+|MAIN_\w+|\w{20,}|[\d.]{9,}", "*", "".join(path))])


def some(changes: tuple[str, ...], share: int) -> list[str]:
    """A seeded share of the changes."""
    return sorted(random.Random(SEED).sample(changes, len(changes) // share))


def test_every_layer_is_counted(small: Small) -> None:
    met = {change.split(maxsplit=3)[3].split("/")[1] for change in small.changes if change.count("/")}
    assert {"notices.db-wal", "notices.db", "warc", "index", "locks"} <= met


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_every_change_meets_a_full_disk_once(small: Small, figure: Figure) -> None:
    assert campaign(small, list(small.changes), "ENOSPC", "once", figure)["exit 5"]


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_disk_stays_full_from_some_change_on(small: Small, figure: Figure) -> None:
    assert campaign(small, some(small.changes, 16), "ENOSPC", "lasting", figure)["exit 5"]


@pytest.mark.faults
@pytest.mark.timeout(3600)
def test_some_changes_meet_a_broken_device_once(small: Small, figure: Figure) -> None:
    campaign(small, some(small.changes, 16), "EIO", "once", figure)


@pytest.mark.faults
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_change_meets_a_broken_device_once(small: Small, figure: Figure) -> None:
    campaign(small, list(small.changes), "EIO", "once", figure)


@pytest.mark.faults
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_disk_stays_full_from_every_change_on(small: Small, figure: Figure) -> None:
    assert campaign(small, list(small.changes), "ENOSPC", "lasting", figure)["exit 5"]
