"""A thousand damages to an archive, one at a time: verify names each of them, and finds nothing in an archive that is whole."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.verify_index import check_index
from notices.config import Config, load_config
from pipeline.database import for_reading, open_database
from pipeline.verify import Finding, verify_archive
from tests.archive_home import Home
from tests.faults.damages import INDEX, SQL, WARC, WARC_BYTES, Damage, an_archive, lines

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1500)]


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
    assert snapshots >= 290
    return home.path


def config_of(home: Path, engine: str = "whoosh") -> Config:
    """The configuration of a copy; of either engine's index, which then lies at <home>/index."""
    config = load_config({"NOTICES_HOME": str(home), "NOTICES_WARC_MAX_BYTES": str(WARC_BYTES)})
    return config if engine == "whoosh" else replace(config, index=config.index.replace("whoosh:", "tantivy:"))


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


def is_named(found: list[Finding], names: list[str]) -> bool:
    """Whether a finding holds one of the names."""
    return any(name in f"{each.place} {each.detail}" for each in found for name in names)


def injected(area: str, kinds: dict[str, tuple[int, Damage]], whole: Path, scratch: Path, engine: str = "whoosh") -> list[str]:
    """Do every damage, tell by kind how many were named; return those that were not."""
    tally: Counter[str] = Counter()
    missed = []
    for kind, (times, damage) in kinds.items():
        for n in range(times):
            rng = random.Random(f"{engine} {kind} {n}")
            config = copied(whole, scratch / "home", engine)
            names = list(damage(config, rng))
            found = list(findings(config, area))
            if is_named(found, names):
                tally[kind] += 1
            else:
                missed.append(f"{kind} {n}: {names}: {[(f.kind, f.place, f.detail[:80]) for f in found[:4]]}")
    for kind, (times, _) in kinds.items():
        print(f"{area} {engine}: {kind}: {tally[kind]} of {times} named")
    return missed


def test_whole_archive_has_no_damage(whole: Path, tmp_path: Path) -> None:
    for engine in ("whoosh", "tantivy"):
        config = copied(whole, tmp_path / engine, engine)
        database = open_database(config)
        assert [*verify_archive(database, config), *check_index(config, for_reading(database))] == []
        database.dispose()


def test_every_damage_to_the_bytes_is_named(whole: Path, tmp_path: Path) -> None:
    assert injected("warc", WARC, whole, tmp_path) == []


def test_every_damage_to_the_rows_is_named(whole: Path, tmp_path: Path) -> None:
    assert injected("sql", SQL, whole, tmp_path) == []


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_every_damage_to_the_index_is_named(whole: Path, tmp_path: Path, engine: str) -> None:
    assert injected("index", INDEX, whole, tmp_path, engine) == []


def test_a_thousand_damages_are_done() -> None:
    counted = [n for kinds in (WARC, SQL, INDEX, INDEX) for n, _ in kinds.values()]
    assert sum(counted) >= 1000


@pytest.mark.parametrize("kind", ["bit of a sealed file", "snapshot rewritten", "document removed"])
def test_command_ends_with_four_and_names_the_damage(whole: Path, tmp_path: Path, kind: str) -> None:
    config = copied(whole, tmp_path / "home", "whoosh")
    names = (WARC | SQL | INDEX)[kind][1](config, random.Random(3))
    done = Home(config.home).run("verify", "--no-progress", check=4)
    assert any(name in done.stdout for name in names)


@pytest.mark.long
def test_ten_thousand_snapshots_raise_no_false_alarm(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.run("import", "-", stdin=lines(10_000, size=60), timeout=1000)
    size = sum(path.stat().st_size for path in (home.path / "warc").iterdir())
    started = time.monotonic()
    done = home.run("verify", "--no-progress", timeout=1000)
    seconds = time.monotonic() - started
    print(f"10,000 snapshots, {size / 1e6:.1f} MB: {seconds:.1f} s, {seconds / (size / 1e9):.0f} s/GB; {done.stdout}")
    assert done.stdout.startswith("0 damages")
