"""A thousand damages to an archive, one at a time: verify names each of them, and finds nothing in an intact archive."""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from notices.config import Config
from operations.preserve.verify_index import check_index
from pipeline.sql.database import for_reading, open_database
from preservation.findings import Finding
from preservation.verify import verify_archive
from tests.conftest import Figure
from tests.support.archive_home import Home
from tests.support.faults.damages import INDEX, SQL, WARC, Damage, an_archive, config_of, lines

pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive that each damage is done to a copy of."""
    home = an_archive(tmp_path_factory.mktemp("whole") / "home")
    home.environment["NOTICES_INDEX"] = "tantivy:///" + str(home.path / "index-tantivy").lstrip("/")
    home.run("index", "--rebuild")
    (sealed,) = [len(list((home.path / "warc").glob("*.warc.gz")))]
    ((snapshots,),) = home.rows("select count(*) from snapshot")
    print(f"{snapshots} snapshots, {sealed} sealed files")
    assert sealed >= 4
    assert snapshots >= 100
    return home.path


def copied(whole: Path, target: Path, engine: str) -> Config:
    """A copy of the archive with one engine's index at its usual place."""
    shutil.rmtree(target, ignore_errors=True)
    unwanted = shutil.ignore_patterns("index-tantivy" if engine == "whoosh" else "index", "locks", "sources")
    shutil.copytree(whole, target, ignore=unwanted)
    if engine == "tantivy":
        os.rename(target / "index-tantivy", target / "index")
    return config_of(target, engine)


def findings(config: Config, area: str) -> Iterator[Finding]:
    """What verify finds; for an area's damages the cheaper half first, the other when that found nothing."""
    database = open_database(config)
    found = False
    try:
        for part in ("archive", "index") if area != "index" else ("index", "archive"):
            for each in verify_archive(database, config) if part == "archive" else check_index(config, for_reading(database)):
                found = True
                yield each
            if found:
                return
    finally:
        database.dispose()


def is_named(found: Sequence[Finding], places: Sequence[str], home: Path) -> bool:
    """Whether a finding names one of the places, as a word of its own; the folder of the archive says nothing of a place in it."""
    said = "\n".join(f"{each.place} {each.detail}" for each in found).replace(str(home), "")
    return any(re.search(rf"(?<![\w.-]){re.escape(place)}(?![\w-])", said) for place in places)


def injected(area: str, kinds: dict[str, tuple[int, Damage]], whole: Path, scratch: Path, engine: str = "whoosh") -> Counter[str]:
    """Do every damage; how many of each kind were named. Those that were not are printed."""
    named: Counter[str] = Counter()
    for kind, (times, damage) in kinds.items():
        for n in range(times):
            rng = random.Random(f"{engine} {kind} {n}")
            config = copied(whole, scratch / "home", engine)
            places = damage(config, rng)
            found = list(findings(config, area))
            if is_named(found, places, config.home):
                named[kind] += 1
            else:
                print(f"{kind} {n}: {places}: {[(f.kind, f.place, f.detail[:80]) for f in found[:4]]}", flush=True)
        print(f"{area} {engine}: {kind}: {named[kind]} of {times} named", flush=True)
    return named


def times_of(kinds: dict[str, tuple[int, Damage]]) -> Counter[str]:
    """How often each damage is done."""
    return Counter({kind: times for kind, (times, _) in kinds.items()})


def test_whole_archive_has_no_damage(whole: Path, tmp_path: Path) -> None:
    for engine in ("whoosh", "tantivy"):
        config = copied(whole, tmp_path / engine, engine)
        database = open_database(config)
        assert [*verify_archive(database, config), *check_index(config, for_reading(database))] == []
        database.dispose()


@pytest.mark.parametrize(
    ("area", "kinds", "engine"),
    [("warc", WARC, "whoosh"), ("sql", SQL, "whoosh"), ("index", INDEX, "whoosh"), ("index", INDEX, "tantivy")],
    ids=["warc", "sql", "whoosh", "tantivy"],
)
def test_every_damage_is_named(
    whole: Path, tmp_path: Path, figure: Figure, area: str, kinds: dict[str, tuple[int, Damage]], engine: str
) -> None:
    named = injected(area, kinds, whole, tmp_path, engine)
    figure(
        f"damage to {area if area != 'index' else f'the {engine} index'}, {len(kinds)} kinds",
        times_of(kinds).total(),
        f"{named.total()} named",
    )
    assert named == times_of(kinds)


def test_a_thousand_damages_are_done() -> None:
    assert sum(times_of(kinds).total() for kinds in (WARC, SQL, INDEX, INDEX)) >= 1000


@pytest.mark.parametrize("kind", ["bit of a sealed file", "snapshot rewritten", "document removed"])
def test_command_ends_with_four_and_names_the_damage(whole: Path, tmp_path: Path, kind: str) -> None:
    config = copied(whole, tmp_path / "home", "whoosh")
    places = (WARC | SQL | INDEX)[kind][1](config, random.Random(3))
    done = Home(config.home).run("verify", "--no-progress", check=4)
    assert any(place in done.stdout for place in places)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_ten_thousand_snapshots_raise_no_false_alarm(tmp_path: Path, figure: Figure) -> None:
    home = Home(tmp_path / "home")
    home.run("import", "-", stdin=lines(10_000, size=60), timeout=3000)
    gigabytes = sum(path.stat().st_size for path in (home.path / "warc").iterdir()) / 1e9
    for engine in ("whoosh", "tantivy"):
        if engine == "tantivy":
            home.environment["NOTICES_INDEX"] = "tantivy:///" + str(home.path / "index-tantivy").lstrip("/")
            home.run("index", "--rebuild", timeout=1000)
        started = time.monotonic()
        done = home.run("verify", "--no-progress", check=None, timeout=3000)
        seconds = time.monotonic() - started
        told = f"{done.stdout.splitlines()[0]} ({seconds:.0f} s, {seconds / gigabytes:.0f} s/GB of {gigabytes * 1000:.0f} MB)"
        figure(f"clean archive, {engine} index: snapshots", home.rows("select count(*) from snapshot")[0][0], told)
        assert done.returncode == 0, done.stdout
        assert done.stdout.startswith("0 damages")
