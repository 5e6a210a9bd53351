"""kill -9 before, after and in the middle of every named step, and at random times: the next run converges without hands."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.archive_home import ROOT, Home
from tests.faults.inject import hooked, noted, points_of
from tests.faults.inject_checks import archive, wrongs
from tests.faults.inject_site import publish, tiny_site

OLD, ALL = 2, 5
FILLING = 60_000  # so that the WARC file is full, sealed and followed by another within a run
SEED = 20261123
HALVES = ("record write", "tail write")
NAMED = {
    "crawl": (
        *("fetch", "keep", "warc append", "record write", "warc fsync", "tail write", "manifest write", "next file", "seal"),
        *("attachment", "store", "sql commit", "run end", "index write", "texts append", "index commit", "index contents"),
        *("outbox clear", "aliases"),
    ),
    "rebuild": ("index write", "index commit", "rebuild swap", "outbox clear", "aliases"),
    "first": ("migration", "migration step", "sql commit"),
}
WORDS = {"crawl": ("crawl",), "rebuild": ("index", "--rebuild"), "first": ("crawl",)}


@dataclass(frozen=True)
class Kill:
    """One death: in which command, at which passing of which point, or after how many seconds when the point has no name."""

    command: str
    point: str
    side: str = ""
    passing: int = 1
    whole_family: bool = True
    seconds: float = 0.0


@dataclass(frozen=True)
class Bench:
    """The archives that each run gets a copy of, and how often a run passes each point."""

    folder: Path
    starts: dict[str, Path]
    passings: dict[str, Counter[tuple[str, str]]]

    def home(self, name: str, command: str) -> Home:
        """A copy of the archive in which the command is to run."""
        home = archive(self.folder / name / "home")
        shutil.copytree(self.starts[command], home.path)
        home.environment["NOTICES_WARC_MAX_BYTES"] = str(1 << 16)
        return home


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("points")
    new, old = archive(folder / "new"), archive(folder / "old")
    with tiny_site(OLD) as site:
        publish(site, OLD, filling=FILLING)
        new.source(site.base)
        old.source(site.base)
        old.run("crawl")
        publish(site, ALL, ALL, FILLING)
        made = Bench(folder, {"crawl": old.path, "rebuild": old.path, "first": new.path}, {})
        for command, words in WORDS.items():
            home = made.home(f"points-{command}", command)
            run(home, "points", words)
            passed = Counter(points_of(noted(home.path.parent / "hook")))
            made.passings[command] = Counter()
            for (_role, point, side), times in passed.items():  # a process counts its own
                made.passings[command][point, side] = max(times, made.passings[command][point, side])
        yield made


def run(home: Home, fault: str, words: tuple[str, ...]) -> int:
    """A command under a fault, in real processes; its exit code."""
    environment = hooked(home.path.parent / "hook", fault, home.path, home.environment)
    return subprocess.run(
        home.command(*words), env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=100, check=False
    ).returncode


def killed_after(home: Home, seconds: float, words: tuple[str, ...]) -> None:
    """Start the command and kill it with all its children after that time."""
    with subprocess.Popen(
        home.command(*words), env=home.environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as parent:
        time.sleep(seconds)
        family = [*psutil.Process(parent.pid).children(recursive=True), psutil.Process(parent.pid)] if parent.poll() is None else []
        for process in family:
            if process.is_running():
                process.kill()


def killed(bench: Bench, number: int, kill: Kill) -> str:
    """Let the command die, run it again without fault; "held", "not reached", or what was wrong."""
    home = bench.home(f"{number}", kill.command)
    words = WORDS[kill.command]
    if kill.point:
        family = "family" if kill.whole_family else "self"
        run(home, f"kill:{kill.point}:{kill.side}:{kill.passing}:{family}", words)
        if not noted(home.path.parent / "hook"):
            return "not reached"
    else:
        killed_after(home, kill.seconds, words)
    again = home.run("crawl", check=None)
    wrong = dict(wrongs(home, ALL)) if again.returncode == 0 else {"exit": again.returncode}
    if wrong:
        return f"{kill}: {wrong} {again.stderr[-900:]}"
    shutil.rmtree(home.path.parent)
    return "held"


def named_kills(bench: Bench) -> list[Kill]:
    """Every named point once before and once after, each at some passing; whole family and one process by turns."""
    chance = random.Random(SEED)
    kills = []
    for command, points in NAMED.items():
        for point in points:
            for side in ("before", "after", "half") if point in HALVES else ("before", "after"):
                passings = bench.passings[command][point, "before" if side == "half" else side]
                kills.append(Kill(command, point, side, chance.randint(1, max(passings, 1)), chance.random() < 0.7))
    return kills


def random_kills(count: int, seed: int) -> list[Kill]:
    """Deaths at some time of some command."""
    chance = random.Random(seed)
    return [Kill(chance.choice(list(WORDS)), "", seconds=chance.uniform(0.05, 4.5)) for _ in range(count)]


def campaign(bench: Bench, kills: list[Kill]) -> None:
    """Die each of these deaths, two at a time; asserts that every archive healed by itself."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda pair: killed(bench, *pair), enumerate(kills)))
    wrong = [r for r in results if r not in ("held", "not reached")]
    named = sum(1 for k in kills if k.point)
    print(
        f"\nkills: N={len(kills)} ({named} at {len({k.point for k in kills if k.point})} named points, {len(kills) - named} at random"
        f" times), held {results.count('held')}, not reached {results.count('not reached')}, wrong {len(wrong)}"
    )
    assert not wrong, "\n\n".join([f"{len(wrong)} of {len(kills)}", *wrong[:20]])
    assert results.count("not reached") * 20 <= len(kills)


@pytest.mark.faults
def test_every_named_point_is_passed(bench: Bench) -> None:
    missing = [(command, point) for command, points in NAMED.items() for point in points if not bench.passings[command][point, "before"]]
    assert not missing


@pytest.mark.faults
@pytest.mark.timeout(1800)
def test_kill_at_every_named_point(bench: Bench) -> None:
    campaign(bench, named_kills(bench))


@pytest.mark.faults
@pytest.mark.long
@pytest.mark.timeout(7200)
def test_kill_at_many_passings_and_random_times(bench: Bench) -> None:
    chance = random.Random(SEED + 1)
    more = [
        Kill(command, point, side, chance.randint(1, most), chance.random() < 0.7)
        for command, points in NAMED.items()
        for point in points
        for side in ("before", "after", "half" if point in HALVES else "before")
        if (most := bench.passings[command][point, "before" if side == "half" else side]) > 1
    ]
    campaign(bench, more + random_kills(300 - len(named_kills(bench)) - len(more), SEED))
